complete --keep-order --exclusive --command hookcat --arguments "(HOOKCAT_COMPLETE=fish hookcat -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
