// Products of matrices, for a fully connected layer with its activation.
#pragma once
#include "activation.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// to = activation(a·b + biases): (rows, depth) times (depth, cols).
typedef struct {
	int rows, depth, cols;
	const float *a;
	size_t a_row, a_col; // Numbers from one row or column to the next.
	const float *b;
	bool b_turned;       // It is in memory as (cols, depth).
	const float *biases; // (cols), or NULL
	activation activation;
	float *to;   // (rows, cols)
	float *sums; // (cols), of b's columns; or NULL
} product;

// A thread computes a part of so many rows, and of a panel of columns, at a time: of more, up to MOST_ROWS, where that
// leaves enough parts for the threads.
enum { PART_ROWS = 64, MOST_ROWS = 256, ENOUGH_PARTS = 16 };

// dz is dy times the activation's derivative, of which y are the values.
typedef struct {
	int rows, cols;
	activation activation;
	const float *y, *dy;
	float *dz;
} derivative;
