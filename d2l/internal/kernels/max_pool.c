#include "handlers.h"
#include "parallel.h"
#include <string.h>

// Maximum pooling of images (batch, channel, row, column). Pairs are of height and width.
typedef struct {
	int image[2], window[2], strides[2], padding[2], result[2];
	int64_t planes; // Of all images.
	const float *x, *dy;
	float *y, *dx;
	int32_t *places; // Of the maxima, each in its plane.
} max_pool;

// As many planes as one thread computes at a time.
static int planes_at_once(const max_pool *p) { return (1 << 14) / (p->image[0] * p->image[1]) + 1; }

// The part of the image that the window at a place of the result sees.
typedef struct { int first, end; } range;

static inline range seen(const max_pool *p, int axis, int place) {
	int first = place * p->strides[axis] - p->padding[axis], end = first + p->window[axis];
	return (range){first < 0 ? 0 : first, end > p->image[axis] ? p->image[axis] : end};
}

typedef int32_t bits __attribute__((may_alias));

// Puts what a place of the window sees of a row, which is stride apart from x on, in the place of smaller maxima, and
// index and so on in that of their places. The first of several maxima stays, as in PyTorch; NaN counts as one. Without
// branches, which would often be guessed wrong, so that several are done at once.
static inline __attribute__((always_inline)) void larger_ones(
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

MANY_AT_ONCE static void pool_plane(const max_pool *p, int64_t plane) {
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

static void unpool_plane(const max_pool *p, int64_t plane) {
	int64_t image = (int64_t)p->image[0] * p->image[1], result = (int64_t)p->result[0] * p->result[1];
	float *dx = p->dx + plane * image;
	memset(dx, 0, image * sizeof(float));
	for (int64_t at = plane * result; at < (plane + 1) * result; at++) dx[p->places[at]] += p->dy[at];
}

static void compute_planes(void *work, int part, int thread) {
	(void)thread;
	const max_pool *p = work;
	int64_t first = (int64_t)part * planes_at_once(p), end = first + planes_at_once(p);
	for (int64_t plane = first; plane < end && plane < p->planes; plane++) (p->dx ? unpool_plane : pool_plane)(p, plane);
}

// Places of the settings in the first argument; those of two numbers are of height and width.
enum { WINDOW, STRIDES = WINDOW + 2, PADDING = STRIDES + 2, THREADS = PADDING + 2 };

static const char *compute(const ffi_call *call, max_pool p) {
	const int32_t *settings = call->args.buffers[0]->data;
	const ffi_buffer *x = call->args.buffers[1];
	p.planes = x->dims[0] * x->dims[1], p.x = x->data;
	for (int axis = 0; axis < 2; axis++) {
		p.image[axis] = x->dims[2 + axis], p.window[axis] = settings[WINDOW + axis];
		p.strides[axis] = settings[STRIDES + axis], p.padding[axis] = settings[PADDING + axis];
		p.result[axis] = (p.image[axis] + 2 * p.padding[axis] - p.window[axis]) / p.strides[axis] + 1;
	}
	int at_once = planes_at_once(&p);
	parallel(call, (int)((p.planes + at_once - 1) / at_once), settings[THREADS], compute_planes, &p);
	return NULL;
}

const char *max_pool_forward(const ffi_call *call) {
	ffi_buffer **r = call->results.buffers;
	if (call->args.count != 2 || call->results.count != 2) return "d2l: a maximum pooling has other arguments";
	return compute(call, (max_pool){.y = r[0]->data, .places = r[1]->data});
}

const char *max_pool_dx(const ffi_call *call) {
	ffi_buffer **a = call->args.buffers;
	if (call->args.count != 4 || call->results.count != 1) return "d2l: a maximum pooling's gradient has other arguments";
	return compute(call, (max_pool){.places = a[2]->data, .dy = a[3]->data, .dx = call->results.buffers[0]->data});
}
