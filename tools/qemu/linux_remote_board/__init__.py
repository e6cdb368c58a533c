# SPDX-License-Identifier: GPL-2.0-only
"""The board: two arm64 machines under QEMU that share memory and doorbells."""
