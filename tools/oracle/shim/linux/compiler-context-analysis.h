/* SPDX-License-Identifier: GPL-2.0-only */
/* Annotations for a static checker; nothing of them is code. Newer stable kernels include it everywhere. */
