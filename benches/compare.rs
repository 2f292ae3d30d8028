//! Ratios of hookcat against its peers, side by side in one run.
fn main() {}
