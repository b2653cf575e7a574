#ifdef __x86_64__
#define LANES 8
#define TILE_ROWS 1
#define TILE_COLS 1
#define BLOCK 6
#define DBLOCK 2
#define ROWS 4
#define VECS 2
#define TARGET __attribute__((target("avx2,fma")))
#include "implementation.h"
#include "convolution_impl.h"
#include "dense_impl.h"

const implementation with_avx2 = {
	"avx2", BLOCK, {forward, dweights, dx}, product_parts, product_part, derivative_part, sum_rows, are_finite,
};
#endif
