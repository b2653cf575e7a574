#ifdef __aarch64__
#define LANES 4
#define TILE_ROWS 1
#define TILE_COLS 1
#define BLOCK 6
#define DBLOCK 4
#define ROWS 8
#define VECS 2
#define TARGET
#include "implementation.h"
#include "convolution_impl.h"
#include "dense_impl.h"

const implementation with_neon = {
	"neon", BLOCK, {forward, dweights, dx}, product_parts, product_part, derivative_part, sum_rows, are_finite,
};
#endif
