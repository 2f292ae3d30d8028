# `just` lists these.
_default:
    @just --list

# What a change must pass
ci:
    .ci/run

# Run the tests
test:
    cargo test

# Write generated files and snapshots anew
regenerate:
    REGENERATE=1 cargo test

# Figures side by side with the peers, as ratios
bench:
    cargo build --profile dist
    cargo bench --bench compare

# Change the code that judges signatures, an operator or a result at a time: a test must fail each time (hours)
mutants *ARGS:
    cargo mutants --file 'src/core/scheme/**' --file src/core/verdict.rs --file src/core/assess.rs \
        --cargo-arg=--lib {{ARGS}} -- core::

# Look for bytes that a parser cannot take, with the crates that are shipped (cargo-fuzz): `just fuzz har`
fuzz TARGET SECONDS="600":
    cp Cargo.lock fuzz/Cargo.lock
    mkdir -p fuzz/corpus/{{TARGET}}
    cargo fuzz run --sanitizer none {{TARGET}} fuzz/corpus/{{TARGET}} fuzz/seeds/{{TARGET}} -- \
        -max_total_time={{SECONDS}} -max_len=8192 -rss_limit_mb=2048 -timeout=10
