// Loops over the numbers of arrays, for one width of registers.
#include "vector.h"

// Whether none of n numbers is NaN or infinite: such a number times 0 is NaN.
TARGET static bool are_finite(const float *x, size_t n) {
	vec sums[4];
	UNROLL for (int j = 0; j < 4; j++) sums[j] = splat(0);
	size_t i = 0;
	for (; i + 4 * LANES <= n; i += 4 * LANES)
		UNROLL for (int j = 0; j < 4; j++) sums[j] += *(const vec *)(x + i + j * LANES) * splat(0);
	float sum = total(sums[0]) + total(sums[1]) + total(sums[2]) + total(sums[3]);
	for (; i < n; i++) sum += x[i] * 0;
	return sum == 0;
}

// to = weights − rate·gradients
TARGET static void descend(const float *weights, const float *gradients, float rate, float *to, size_t n) {
	size_t i = 0;
	for (; i + LANES <= n; i += LANES)
		*(vec *)(to + i) = *(const vec *)(weights + i) - *(const vec *)(gradients + i) * splat(rate);
	for (; i < n; i++) to[i] = weights[i] - rate * gradients[i];
}
