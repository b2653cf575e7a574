// A convolution, its activation and the pooling after it, on images (batch, channel, row, column). Inside, EXAMPLES
// images are computed together, with corresponding pixels side by side in memory: (channel, row, column, example).
#pragma once
#include "activation.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXAMPLES = 16 };

typedef enum { FORWARD, DWEIGHTS, DX } pass;
typedef enum { NO_POOLING, AVERAGE, MAXIMUM } pooling; // Of 2 × 2 with strides of 2.

// Pairs are of height and width.
typedef struct {
	int batch, in, image[2];
	int out, window[2], strides[2], padding[2];
	activation activation;
	pooling pooling;
	bool keep_values;
	pass pass;
	int threads; // At most.

	int convolved[2]; // The size after the convolution: what the pooling drops is not counted.
	int blocks[2];    // Of 2 × 2 pixels in that, the last ones perhaps in part.
	int result[2];    // The size after the pooling.

	const float *x;       // (batch, in, row, column)
	const float *weights; // (row, column, in, out)
	const float *biases;  // (out), or NULL
	float *values;        // After the activation: (group, out, block, pixel of the block, example)
	float *y;             // (batch, out, row, column)

	const float *dy;
	float *dx, *dweights, *dbiases;

	float *packed;       // The weights in the order in which they are used.
	float *partial;      // The gradients of weights and biases for each group.
	float *scratch;      // For each thread.
	size_t scratch_size; // Of one thread.
} convolution;

// Numbers of channels that are computed together, at most.
enum { MAX_BLOCK = 6, MAX_DBLOCK = 4 };

// Parts that n things are divided into, none of more than max, and the first thing in part i of them.
static inline int num_parts(int n, int max) { return (n + max - 1) / max; }
static inline int part_start(int n, int parts, int i) { return (int)((int64_t)n * i / parts); }

// The size of the input with the zeros around it, and to the right and below as far as the last block reaches.
static inline int padded_size(const convolution *p, int axis) {
	int size = p->image[axis] + 2 * p->padding[axis], seen = (2 * p->blocks[axis] - 1) * p->strides[axis] + p->window[axis];
	return size > seen ? size : seen;
}

// For dx, the gradient after the convolution has zeros around it, as far as a tile that begins or ends outside reaches.
static inline int dz_border(const convolution *p) { return p->pass == DX; }
static inline int dz_size(const convolution *p, int axis) { return p->convolved[axis] + 2 * dz_border(p); }

// With strides, the pixels of the input whose place, counted with the padding, leaves the same rest are together the
// result of a convolution without strides: with every so many-th weight, from the rest on.
typedef struct {
	int window; // Its weights.
	int first;  // Its first pixel.
	int count;  // Its pixels.
	int start;  // Where that pixel is among the class's, with the padding.
} rest_class;

static inline rest_class class_of(const convolution *p, int axis, int rest) {
	int stride = p->strides[axis], first = (rest - p->padding[axis] % stride + stride) % stride;
	rest_class c = {.first = first, .start = (first + p->padding[axis]) / stride};
	c.window = p->window[axis] > rest ? (p->window[axis] - rest + stride - 1) / stride : 0;
	c.count = p->image[axis] > first ? (p->image[axis] - first + stride - 1) / stride : 0;
	return c;
}
