#pragma once
#include "batch_norm.h"
#include "convolution.h"
#include "dense.h"
#include "im2col.h"
#include "max_pool.h"
#include "recurrent.h"

// What is written for a kind of processor.
typedef struct {
	const char *name;
	int block; // At most so many channels are computed together.
	void (*convolution[3])(const convolution *p, int group, float *scratch); // By pass.
	int (*product_parts)(const product *q);
	void (*product_part)(const product *q, int part);
	void (*derivative_part)(const derivative *d, int part); // Of PART_ROWS rows.
	int seen_rows; // Channels of a block of weights.
	int (*seen_product_parts[2])(const seen_product *q); // The second by Winograd.
	void (*seen_product_part[2])(const seen_product *q, int part);
	void (*winograd_pack)(const seen_product *q, int first);
	int (*seen_pack_parts)(const seen_gradient *q);
	void (*seen_pack_part)(const seen_gradient *q, int part);
	int (*seen_gradient_parts)(const seen_gradient *q);
	void (*seen_gradient_part)(const seen_gradient *q, int part);
	bool (*are_finite)(const float *x, size_t n);
	void (*descend)(const float *weights, const float *gradients, float rate, float *to, size_t n);
	void (*batch_norm[4])(const batch_norm *p, int part); // By norm_step.
	void (*pool_plane)(const max_pool *p, int64_t plane);
	int (*recurrent_parts)(const recurrent *p);
	int (*recurrent_pack_parts)(const recurrent *p);
	void (*recurrent_pack)(const recurrent *p, int part);
	void (*recurrent_forward)(const recurrent *p, int step, int part);
	void (*recurrent_backward)(const recurrent *p, int step, int part); // Step −1 is the last.
} implementation;

extern const implementation with_avx512, with_avx2, with_neon;

// The one for this processor, NULL if there is none.
extern const implementation *implemented;
