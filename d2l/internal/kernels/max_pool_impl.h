// The computation of max_pool.h for one width of registers.
#include "max_pool.h"
#include "vector.h"

// The part of the image that the window at a place of the result sees.
static inline range seen(const max_pool *p, int axis, int place) {
	int first = place * p->strides[axis] - p->padding[axis], end = first + p->window[axis];
	return (range){first < 0 ? 0 : first, end > p->image[axis] ? p->image[axis] : end};
}

typedef int32_t bits __attribute__((may_alias));

// Puts what a place of the window sees of a row, which is stride apart from x on, in the place of smaller maxima, and
// index and so on in that of their places. The first of several maxima stays, as in PyTorch; NaN counts as one. Without
// branches, which would often be guessed wrong, so that several are done at once.
INLINE void larger_ones(
	const float *x, int stride, int count, int32_t index, float *maxima, int32_t *places) {
	for (int i = 0; i < count; i++) {
		int32_t larger = -((x[i * stride] > maxima[i]) | (x[i * stride] != x[i * stride]));
		((bits *)maxima)[i] = (((const bits *)x)[i * stride] & larger) | (((bits *)maxima)[i] & ~larger);
		places[i] = ((index + i * stride) & larger) | (places[i] & ~larger);
	}
}

#ifdef __clang__
#define MANY_AT_ONCE // It does so anyway.
#else
#define MANY_AT_ONCE __attribute__((optimize("O3")))
#endif

MANY_AT_ONCE TARGET static void pool_plane(const max_pool *p, int64_t plane) {
	const float *x = p->x + plane * p->image[0] * p->image[1];
	int width = p->image[1], stride = p->strides[1];
	for (int row = 0; row < p->result[0]; row++) {
		int64_t at = (plane * p->result[0] + row) * p->result[1];
		float *maxima = p->y + at;
		int32_t *places = p->places + at;
		range rows = seen(p, 0, row);
		for (int col = 0; col < p->result[1]; col++) { // What is seen first, to begin with.
			places[col] = rows.first * width + seen(p, 1, col).first;
			maxima[col] = x[places[col]];
		}
		for (int down = rows.first; down < rows.end; down++)
			for (int right = 0; right < p->window[1]; right++) {
				// The windows of which this place is in the image.
				int left = p->padding[1] - right, first = left > 0 ? (left + stride - 1) / stride : 0;
				if (width - 1 + left < 0) continue;
				int last = (width - 1 + left) / stride, end = last < p->result[1] ? last + 1 : p->result[1];
				int index = down * width + first * stride - left;
				if (stride == 1)
					larger_ones(x + index, 1, end - first, index, maxima + first, places + first);
				else if (stride == 2)
					larger_ones(x + index, 2, end - first, index, maxima + first, places + first);
				else
					larger_ones(x + index, stride, end - first, index, maxima + first, places + first);
			}
	}
}
