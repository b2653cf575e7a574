// Maximum pooling of images (batch, channel, row, column). Pairs are of height and width.
#pragma once
#include <stdint.h>

typedef struct {
	int image[2], window[2], strides[2], padding[2], result[2];
	int64_t planes; // Of all images.
	const float *x, *dy;
	float *y, *dx;
	int32_t *places; // Of the maxima, each in its plane.
} max_pool;
