// Batch normalization in training, and the activation after it, of images (batch, channel, row, column). A thread computes
// a part of the batch at a time, of whole images.
#pragma once
#include "activation.h"
#include <stddef.h>
#include <stdint.h>

typedef struct {
	int batch, channels, area; // The area is of a channel's numbers in an image.
	activation activation;
	int threads;        // At most.
	int at_once, parts; // Images of a part, and parts of the batch.

	const float *x, *dy; // (batch, channel, area)
	float *y, *dx;

	// Of each part and channel.
	struct sums { float first, second; } *sums;
	// Of each channel: before the activation is (x − mean)·slope + offset, and dx is dz·slope − shift − (x − mean)·tilt.
	struct line { float mean, inverse, slope, offset, shift, tilt; } *lines; // The inverse is 1/√(variance + ε).
} batch_norm;

static inline int images_in_part(const batch_norm *p, int part) {
	int rest = p->batch - part * p->at_once;
	return rest < p->at_once ? rest : p->at_once;
}

// What is done with each part. The sums of all parts are needed for what comes next.
typedef enum { STATISTICS, NORMALIZE, GRADIENT_SUMS, INPUT_GRADIENT } norm_step;
