
set edit:completion:arg-completer[hookcat] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) HOOKCAT_COMPLETE="elvish" hookcat -- $@words) | to-lines
}

