// What the kernels have in common, for one width of registers: LANES floats. TARGET is the attribute of functions that
// names the processor.
#pragma once
#include "activation.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef float vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int ivec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

// An array that begins with a line of the cache, as otherwise many registers' values lie in two.
#define LINE __attribute__((aligned(64)))

#define UNROLL _Pragma("GCC unroll 64")
#define INLINE static inline __attribute__((always_inline)) TARGET

INLINE vec splat(float x) { return x - (vec){0}; }
INLINE vec choose(ivec condition, vec a, vec b) { return (vec)((condition & (ivec)a) | (~condition & (ivec)b)); }
INLINE vec clip(vec x, float limit) { // NaN stays.
	x = choose(x > splat(limit), splat(limit), x);
	return choose(x < splat(-limit), splat(-limit), x);
}

// Places from first to before end.
typedef struct { int first, end; } range;

// Numbers that fill a register or, if lanes are fewer, a part of it, with zeros in the rest.
INLINE vec load_lanes(const float *x, int lanes) {
	if (lanes == LANES) return *(const vec *)x;
	vec v = splat(0);
	if (lanes > 0) memcpy(&v, x, lanes * sizeof(float));
	return v;
}
INLINE void store_lanes(float *to, int lanes, vec v) {
	if (lanes == LANES)
		*(vec *)to = v;
	else if (lanes > 0)
		memcpy(to, &v, lanes * sizeof(float));
}
// Copies numbers, of which there are few: compilers turn a loop into a call of memmove unless something else is in it.
INLINE void copy_vec(float *to, const float *x) {
	*(vec *)to = *(const vec *)x;
	__asm__ volatile("");
}
INLINE void copy_numbers(float *to, const float *x, int n) {
	for (; n >= LANES; n -= LANES, to += LANES, x += LANES) copy_vec(to, x);
#define COPY_PART(N) if (LANES > N && n & N) memcpy(to, x, N * sizeof(float)), to += N, x += N;
	COPY_PART(8) COPY_PART(4) COPY_PART(2) COPY_PART(1)
}
INLINE float total(vec x) {
	float sum = 0;
	for (int lane = 0; lane < LANES; lane++) sum += x[lane];
	return sum;
}

// tanh(x) = n/d, within a few units of the last place: the quotient of two polynomials that XLA and Eigen use.
static const float tanh_limit = 7.90531110763549805f; // Beyond, it is that of the limit, 2·10⁻⁷ from ±1.
INLINE vec tanh_quotient(vec x, vec *d) {
	x = clip(x, tanh_limit);
	vec s = x * x;
	vec n = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
	n = n * s + -8.60467152213735e-11f;
	n = n * s + 5.12229709037114e-08f;
	n = n * s + 1.48572235717979e-05f;
	n = n * s + 6.37261928875436e-04f;
	n = n * s + 4.89352455891786e-03f;
	*d = s * 1.19825839466702e-06f + 1.18534705686654e-04f;
	*d = *d * s + 2.26843463243900e-03f;
	*d = *d * s + 4.89352518554385e-03f;
	return x * n;
}

// Replaces two values by their activations. Both quotients share one division: it takes as long as many products.
INLINE void activate2(activation kind, vec *a, vec *b) {
	switch (kind) {
	case NO_ACTIVATION:
		break;
	case RELU: // NaN stays.
		*a = choose(*a <= splat(0), splat(0), *a), *b = choose(*b <= splat(0), splat(0), *b);
		break;
	case SIGMOID:
	case TANH: {
		float half = kind == SIGMOID ? 0.5f : 1; // The sigmoid is (1 + tanh(x/2))/2.
		vec da, db, na = tanh_quotient(*a * half, &da), nb = tanh_quotient(*b * half, &db);
		da = choose(*a == *a, da, splat(1)), db = choose(*b == *b, db, splat(1)); // One's NaN is not the other's.
		vec r = half / (da * db);
		*a = na * db * r + (1 - half), *b = nb * da * r + (1 - half);
	}
	}
}

// The activation's derivative, of its value.
INLINE vec slope(activation kind, vec y) {
	switch (kind) {
	case SIGMOID:
		return y * (1 - y);
	case TANH:
		return 1 - y * y;
	case RELU:
		return choose(y > splat(0), splat(1), splat(0));
	default:
		return splat(1);
	}
}

// Calls f(…, kind) with a kind that the compiler knows.
#define FOR_ACTIVATION(KIND, F, ...)                                       \
	switch (KIND) {                                                    \
	case NO_ACTIVATION: F(__VA_ARGS__, NO_ACTIVATION); break;          \
	case SIGMOID: F(__VA_ARGS__, SIGMOID); break;                      \
	case TANH: F(__VA_ARGS__, TANH); break;                            \
	case RELU: F(__VA_ARGS__, RELU); break;                            \
	}

#if LANES == 16
#define EACH_LANE(F, D) F(0, D), F(1, D), F(2, D), F(3, D), F(4, D), F(5, D), F(6, D), F(7, D), \
	F(8, D), F(9, D), F(10, D), F(11, D), F(12, D), F(13, D), F(14, D), F(15, D)
#elif LANES == 8
#define EACH_LANE(F, D) F(0, D), F(1, D), F(2, D), F(3, D), F(4, D), F(5, D), F(6, D), F(7, D)
#else
#define EACH_LANE(F, D) F(0, D), F(1, D), F(2, D), F(3, D)
#endif
#define LOW_LANE(L, D) ((L) & (D) ? LANES + (L) - (D) : (L))
#define HIGH_LANE(L, D) ((L) & (D) ? LANES + (L) : (L) + (D))
#ifdef __clang__
#define SHUFFLE(A, B, F, D) __builtin_shufflevector(A, B, EACH_LANE(F, D))
#else
#define SHUFFLE(A, B, F, D) __builtin_shuffle(A, B, (ivec){EACH_LANE(F, D)})
#endif
#define TRANSPOSE_STEP(D)                                                          \
	UNROLL for (int i = 0; i < LANES; i++) if (!(i & D)) {                     \
		vec a = rows[i], b = rows[i + D];                                  \
		rows[i] = SHUFFLE(a, b, LOW_LANE, D), rows[i + D] = SHUFFLE(a, b, HIGH_LANE, D); \
	}

// Transposes LANES × LANES numbers: blocks of 1 × 1 in those of 2 × 2, of 2 × 2 in those of 4 × 4, and so on.
INLINE void transpose(vec rows[LANES]) {
	TRANSPOSE_STEP(1)
	TRANSPOSE_STEP(2)
#if LANES > 4
	TRANSPOSE_STEP(4)
#endif
#if LANES > 8
	TRANSPOSE_STEP(8)
#endif
}
