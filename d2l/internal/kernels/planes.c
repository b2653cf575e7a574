#include "planes.h"
#include "parallel.h"
#include <string.h>

layout new_layout(
	int channels, const int image[2], const int strides[2], const int num_planes[2], const int before[2], const int size[2]) {
	layout l = {.planes = {.channels = channels}};
	for (int axis = 0; axis < 2; axis++) {
		l.planes.planes[axis] = num_planes[axis], l.planes.size[axis] = size[axis];
		l.image[axis] = image[axis], l.strides[axis] = strides[axis], l.before[axis] = before[axis];
		if (strides[axis] != 1 || before[axis] || size[axis] != image[axis]) l.copied = true;
	}
	return l;
}

size_t plane_size(const planes *p) { return (size_t)p->size[0] * p->size[1]; }
static size_t channel_size(const planes *p) { return p->planes[0] * p->planes[1] * plane_size(p); }

size_t copied_size(const layout *l, int batch) {
	return l->copied ? batch * l->planes.channels * channel_size(&l->planes) : 0;
}

typedef struct {
	const layout *layout;
	const float *from;
	float *to;
} copy;

// copy_row copies every step-th of length numbers from first on, which may be outside: size numbers, with zeros for those that
// are not there.
static void copy_row(const float *x, int length, int first, int step, int size, float *to) {
	int i = 0;
	for (; i < size && first < 0; i++, first += step) to[i] = 0;
	if (step == 1 && first < length) {
		int count = size - i < length - first ? size - i : length - first;
		memcpy(to + i, x + first, count * sizeof *to);
		i += count;
	} else
		for (; i < size && first < length; i++, first += step) to[i] = x[first];
	for (; i < size; i++) to[i] = 0;
}

// copy_channel copies the channel of an image.
static void copy_channel(void *work, int index, int thread) {
	(void)thread;
	const copy *c = work;
	const layout *l = c->layout;
	const float *from = c->from + (size_t)index * l->image[0] * l->image[1];
	float *to = c->to + index * channel_size(&l->planes);
	for (int down = 0; down < l->planes.planes[0]; down++)
		for (int right = 0; right < l->planes.planes[1]; right++)
			for (int y = 0; y < l->planes.size[0]; y++, to += l->planes.size[1]) {
				int row = down + y * l->strides[0] - l->before[0];
				if (row < 0 || row >= l->image[0]) {
					memset(to, 0, l->planes.size[1] * sizeof *to);
					continue;
				}
				const float *x = from + (size_t)row * l->image[1];
				copy_row(x, l->image[1], right - l->before[1], l->strides[1], l->planes.size[1], to);
			}
}

planes fill_planes(const ffi_call *call, const layout *l, int batch, int threads, const float *images, float *memory) {
	copy c = {l, images, memory};
	planes p = l->planes;
	p.data = l->copied ? memory : images, p.end = p.data + batch * p.channels * channel_size(&p);
	if (l->copied) parallel(call, batch * p.channels, threads, copy_channel, &c);
	return p;
}
