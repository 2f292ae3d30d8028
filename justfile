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
