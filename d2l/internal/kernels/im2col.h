// Convolutions of many channels, as products of matrices: of the weights and of what the window sees at each of its
// positions. Images are (batch, channel, row, column), pairs are of height and width.
#pragma once
#include "activation.h"
#include "planes.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SEEN_PANELS = 4, // Of a part, at most.
	SEEN_ROWS = 256, // Of a part, at most.
	WIDEST_SEEN = 32, WIDEST_BLOCK = 8, // Columns of a panel and channels of a block, for the widest registers.
};

typedef enum { SEEN_FORWARD, SEEN_DWEIGHTS, SEEN_DX } seen_pass;

// to = activation(weights·seen + biases), at a grid of positions.
typedef struct {
	int batch, grid[2];
	planes from;
	int num_places;       // Of the window.
	const int *places;    // For each, where its pixel is, counted from that of the position.
	int out;              // Channels of to.
	const float *weights; // With steps, in numbers, to those of the next tap of the window, channel of from, and channel of to.
	size_t tap, in_step, out_step;
	const int *taps;      // For each place, its tap.
	float *packed;        // The weights: for each block of channels, each place and each channel of from, those of the block.
	bool winograd;        // Whether a position is a tile of 2 × 2 pixels, see winograd_impl.h.
	const float *biases;  // (out)
	activation activation;
	float *to;            // (batch, out, row, column)
	int size[2], first[2], step[2]; // Rows and columns of to, the first that the grid has, and the steps to the next.
} seen_product;

// sums = seen·dz: the gradient with respect to the weights.
typedef struct {
	int batch, grid[2];
	planes from;
	int num_places;
	const int *places;
	int out;
	const float *dz;      // (batch, out, row, column)
	float *packed;        // For each chunk of positions and each panel of channels: (position, channel).
	int splits;           // Parts of the positions, each with sums of its own.
	float *sums;          // For each split (place, channel of from, out), and then (out) for the biases.
} seen_gradient;
