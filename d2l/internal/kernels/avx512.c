#ifdef __x86_64__
#define LANES 16
#define TILE_ROWS 2
#define TILE_COLS 2
#define BLOCK 6
#define DBLOCK 4
#define ROWS 8
#define VECS 2
#define TARGET __attribute__((target("avx512f")))
#include "implementation.h"
#include "convolution_impl.h"
#include "dense_impl.h"

const implementation with_avx512 = {
	"avx512", BLOCK, {forward, dweights, dx}, product_parts, product_part, derivative_part, sum_rows, are_finite,
};
#endif
