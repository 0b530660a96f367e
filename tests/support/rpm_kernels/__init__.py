"""The parts of tests/support/rpm-kernels."""
