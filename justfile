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
