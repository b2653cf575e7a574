#include "im2col.h"
#include "handlers.h"
#include "implementation.h"
#include "parallel.h"
#include <string.h>

// Places of the settings in the first argument. Those of two numbers are of height and width.
enum { WINDOW, STRIDES = WINDOW + 2, PADDING = STRIDES + 2, ACTIVATION = PADDING + 2, THREADS };

// A convolution of images (batch, in, image) with weights (window, in, out), of which the result is (batch, out, result).
typedef struct {
	int batch, in, out, image[2], result[2];
	int window[2], strides[2], padding[2];
	int threads;
} geometry;

static int least(int a, int b) { return a < b ? a : b; }
static int most(int a, int b) { return a > b ? a : b; }

static geometry new_geometry(const int32_t *settings, const int64_t x[4], int out) {
	geometry g = {.batch = x[0], .in = x[1], .out = out, .image = {x[2], x[3]}, .threads = settings[THREADS]};
	for (int axis = 0; axis < 2; axis++) {
		g.window[axis] = settings[WINDOW + axis], g.strides[axis] = settings[STRIDES + axis];
		g.padding[axis] = settings[PADDING + axis];
		g.result[axis] = (g.image[axis] + 2 * g.padding[axis] - g.window[axis]) / g.strides[axis] + 1;
	}
	return g;
}

static int num_places(const geometry *g) { return g->window[0] * g->window[1]; }

// Where forward pass and gradient of the weights read the images.
static layout layout_of_x(const geometry *g) {
	int planes[2], size[2];
	for (int axis = 0; axis < 2; axis++) {
		planes[axis] = least(g->strides[axis], g->window[axis]);
		size[axis] = g->result[axis] + (g->window[axis] - 1) / g->strides[axis];
	}
	return new_layout(g->in, g->image, g->strides, planes, g->padding, size);
}

// Where the gradient of the images reads dz.
static layout layout_of_dz(const geometry *g) {
	int one[2] = {1, 1}, before[2], size[2];
	for (int axis = 0; axis < 2; axis++) {
		before[axis] = most(0, g->window[axis] - 1 - g->padding[axis] + g->strides[axis] - 1) / g->strides[axis];
		int last = (g->image[axis] - 1 + g->padding[axis]) / g->strides[axis];
		size[axis] = before[axis] + most(g->result[axis], last + 1);
	}
	return new_layout(g->out, g->result, one, one, before, size);
}

// Whether a pass is computed by Winograd's algorithm: for windows of 3 × 3, unless channels are few, or many tiles in part
// beyond the edge.
static bool by_winograd(const geometry *g, seen_pass pass) {
	const int *size = pass == SEEN_DX ? g->image : g->result;
	for (int axis = 0; axis < 2; axis++)
		if (g->window[axis] != 3 || g->strides[axis] != 1 || g->padding[axis] > 2) return false;
	int64_t tiles = (int64_t)((size[0] + 1) / 2) * ((size[1] + 1) / 2);
	return pass != SEEN_DWEIGHTS && g->in >= 16 && g->out >= 16 && 64 * tiles <= 27 * (int64_t)size[0] * size[1];
}

// Where that reads images or dz.
static layout layout_of_tiles(const geometry *g, seen_pass pass) {
	int two[2] = {2, 2}, before[2], size[2];
	for (int axis = 0; axis < 2; axis++) {
		before[axis] = pass == SEEN_DX ? 2 - g->padding[axis] : g->padding[axis];
		size[axis] = ((pass == SEEN_DX ? g->image : g->result)[axis] + 1) / 2 + 1;
	}
	if (pass == SEEN_DX) return new_layout(g->out, g->result, two, two, before, size);
	return new_layout(g->in, g->image, two, two, before, size);
}

static layout layout_of(const geometry *g, seen_pass pass) {
	if (by_winograd(g, pass)) return layout_of_tiles(g, pass);
	return pass == SEEN_DX ? layout_of_dz(g) : layout_of_x(g);
}

typedef struct {
	seen_product *products;
	int count, threads;
	int blocks, parts; // Of a product, at most.
} work;

// pack_block puts the weights of a block of channels into the order in which a product uses them.
static void pack_block(void *data, int index, int thread) {
	(void)thread;
	const work *w = data;
	const seen_product *q = &w->products[index / w->blocks];
	int rows = implemented->seen_rows, first = index % w->blocks * rows, depth = q->from.channels;
	if (q->winograd) {
		implemented->winograd_pack(q, first);
		return;
	}
	float *to = q->packed + (size_t)first * q->num_places * depth;
	for (int place = 0; place < q->num_places; place++, to += (size_t)depth * rows) {
		const float *x = q->weights + q->taps[place] * q->tap + first * q->out_step;
		for (int row = 0; row < rows; row++)
			if (first + row < q->out)
				for (int k = 0; k < depth; k++) to[k * rows + row] = x[k * q->in_step + row * q->out_step];
			else
				for (int k = 0; k < depth; k++) to[k * rows + row] = 0;
	}
}

static int parts_of(const seen_product *q) { return implemented->seen_product_parts[q->winograd](q); }

static void compute_part(void *data, int index, int thread) {
	(void)thread;
	const work *w = data;
	const seen_product *q = &w->products[index / w->parts];
	if (index % w->parts < parts_of(q)) implemented->seen_product_part[q->winograd](q, index % w->parts);
}

static void compute(const ffi_call *call, work *w) {
	int rows = implemented->seen_rows;
	for (int i = 0; i < w->count; i++) w->parts = most(w->parts, parts_of(&w->products[i]));
	w->blocks = (w->products->out + rows - 1) / rows;
	parallel(call, w->count * w->blocks, w->threads, pack_block, w);
	parallel(call, w->count * w->parts, w->threads, compute_part, w);
}

// What a pass has in its memory, and how many floats that is.
typedef struct {
	float *copied, *packed, *sums;
	seen_product *products;
	int *places, *taps;
	size_t size;
} memory;

static void *take(float *start, size_t *at, size_t bytes) {
	void *taken = start ? start + *at : NULL;
	*at += (bytes + 63) / 64 * 16; // Each begins with a line of the cache.
	return taken;
}

// Of the positions, so many parts have sums of their own, as else there would be too few for the threads.
static int splits_of(const geometry *g) {
	int wide = SEEN_PANELS * WIDEST_SEEN, tiles = (num_places(g) * g->in + SEEN_ROWS - 1) / SEEN_ROWS * ((g->out + wide - 1) / wide);
	int chunks = g->batch * g->result[0] * g->result[1] / 256; // Each large enough to be worth sums of its own.
	return most(1, least(least(ENOUGH_PARTS / tiles, chunks), ENOUGH_PARTS));
}

// padded returns so many channels in whole blocks, whatever their size.
static int padded(int channels) { return (channels + WIDEST_BLOCK - 1) / WIDEST_BLOCK * WIDEST_BLOCK; }

static memory divide(const geometry *g, seen_pass pass, float *start) {
	layout l = layout_of(g, pass);
	int weights = by_winograd(g, pass) ? 16 : num_places(g); // For each pair of channels.
	int rows = pass == SEEN_DX ? g->in : g->out, depth = pass == SEEN_DX ? g->out : g->in;
	int products = pass == SEEN_DX ? g->strides[0] * g->strides[1] : 1;
	memory m = {0};
	m.copied = take(start, &m.size, copied_size(&l, g->batch) * sizeof(float));
	m.places = take(start, &m.size, most(weights, num_places(g)) * sizeof(int));
	if (pass == SEEN_DWEIGHTS) {
		size_t positions = (size_t)g->batch * g->result[0] * g->result[1];
		int columns = (g->out + WIDEST_SEEN - 1) / WIDEST_SEEN * WIDEST_SEEN;
		m.packed = take(start, &m.size, positions * columns * sizeof(float));
		m.sums = take(start, &m.size, splits_of(g) * ((size_t)num_places(g) * g->in + 1) * g->out * sizeof(float));
		return m;
	}
	m.taps = take(start, &m.size, num_places(g) * sizeof(int));
	m.products = take(start, &m.size, products * sizeof(seen_product));
	m.packed = take(start, &m.size, (size_t)weights * padded(rows) * depth * sizeof(float));
	return m;
}

int64_t im2col_memory(int pass, const int32_t *settings, const int64_t *x, int out) {
	geometry g = new_geometry(settings, x, out);
	return divide(&g, pass, NULL).size;
}

// find_places finds where a position reads each pixel of its window.
static void find_places(const int window[2], const layout *l, int *places) {
	for (int i = 0; i < window[0]; i++)
		for (int j = 0; j < window[1]; j++) {
			int plane = i % l->strides[0] * l->planes.planes[1] + j % l->strides[1];
			*places++ = plane * (int)plane_size(&l->planes) + i / l->strides[0] * l->planes.size[1] + j / l->strides[1];
		}
}

// set_weights gives a product the weights. In a gradient, which is turned, the channels of its result are their inputs.
static void set_weights(seen_product *q, const geometry *g, const float *weights, bool turned) {
	q->weights = weights, q->tap = (size_t)g->in * g->out;
	q->in_step = turned ? 1 : g->out, q->out_step = turned ? g->out : 1;
}

// compute_tiles computes what by_winograd is for.
static void compute_tiles(const ffi_call *call, const geometry *g, seen_pass pass, const float *from, const float *weights,
	const float *biases, activation activation, float *to, memory m) {
	const int *size = pass == SEEN_DX ? g->image : g->result, window[2] = {4, 4};
	layout l = layout_of_tiles(g, pass);
	find_places(window, &l, m.places);
	*m.products = (seen_product){.winograd = true, .batch = g->batch, .grid = {(size[0] + 1) / 2, (size[1] + 1) / 2},
		.from = fill_planes(call, &l, g->batch, g->threads, from, m.copied), .num_places = 16, .places = m.places,
		.out = pass == SEEN_DX ? g->in : g->out,
		.taps = m.taps, .packed = m.packed, .biases = biases, .activation = activation, .to = to, .size = {size[0], size[1]}};
	set_weights(m.products, g, weights, pass == SEEN_DX);
	for (int i = 0; i < 9; i++) m.taps[i] = pass == SEEN_DX ? 8 - i : i;
	compute(call, &(work){.products = m.products, .count = 1, .threads = g->threads});
}

const char *im2col_forward(const ffi_call *call) {
	ffi_buffer **a = call->args.buffers, **r = call->results.buffers;
	if (call->args.count != 4 || call->results.count != 2) return "d2l: a convolution has other arguments";
	const int32_t *settings = a[0]->data;
	geometry g = new_geometry(settings, a[1]->dims, a[2]->dims[3]);
	memory m = divide(&g, SEEN_FORWARD, r[1]->data);
	if ((size_t)r[1]->dims[0] < m.size) return "d2l: too little memory for a convolution";
	if (by_winograd(&g, SEEN_FORWARD)) {
		compute_tiles(call, &g, SEEN_FORWARD, a[1]->data, a[2]->data, a[3]->data, settings[ACTIVATION], r[0]->data, m);
		return NULL;
	}
	layout l = layout_of_x(&g);
	find_places(g.window, &l, m.places);
	for (int i = 0; i < num_places(&g); i++) m.taps[i] = i;
	*m.products = (seen_product){.batch = g.batch, .grid = {g.result[0], g.result[1]},
		.from = fill_planes(call, &l, g.batch, g.threads, a[1]->data, m.copied), .num_places = num_places(&g),
		.places = m.places, .out = g.out,
		.taps = m.taps, .packed = m.packed, .biases = a[3]->data, .activation = settings[ACTIVATION], .to = r[0]->data,
		.size = {g.result[0], g.result[1]}, .step = {1, 1}};
	set_weights(m.products, &g, a[2]->data, false);
	compute(call, &(work){.products = m.products, .count = 1, .threads = g.threads});
	return NULL;
}

// The pixels of the images whose place, counted with the padding, leaves the same rest, divided by the strides, read the
// same places of dz. So there is a product for each rest.
const char *im2col_dx(const ffi_call *call) {
	ffi_buffer **a = call->args.buffers, **r = call->results.buffers;
	if (call->args.count != 4 || call->results.count != 2) return "d2l: a convolution's gradient has other arguments";
	const int32_t *settings = a[0]->data;
	geometry g = new_geometry(settings, r[0]->dims, a[1]->dims[1]);
	memory m = divide(&g, SEEN_DX, r[1]->data);
	if ((size_t)r[1]->dims[0] < m.size) return "d2l: too little memory for a convolution's gradient";
	if (by_winograd(&g, SEEN_DX)) {
		compute_tiles(call, &g, SEEN_DX, a[1]->data, a[2]->data, a[3]->data, settings[ACTIVATION], r[0]->data, m);
		return NULL;
	}
	layout l = layout_of_dz(&g);
	planes from = fill_planes(call, &l, g.batch, g.threads, a[1]->data, m.copied);
	work w = {.products = m.products, .threads = g.threads};
	int found = 0;
	for (int down = 0; down < g.strides[0]; down++)
		for (int right = 0; right < g.strides[1]; right++) {
			if (down >= g.image[0] || right >= g.image[1]) continue;
			seen_product *q = &m.products[w.count++];
			*q = (seen_product){.batch = g.batch, .from = from, .places = m.places + found, .taps = m.taps + found, .out = g.in,
				.packed = m.packed + (size_t)found * padded(g.in) * g.out, .biases = a[3]->data, .activation = settings[ACTIVATION],
				.to = r[0]->data, .size = {g.image[0], g.image[1]}, .first = {down, right}, .step = {g.strides[0], g.strides[1]}};
			set_weights(q, &g, a[2]->data, true);
			for (int axis = 0; axis < 2; axis++)
				q->grid[axis] = (g.image[axis] - q->first[axis] + g.strides[axis] - 1) / g.strides[axis];
			for (int i = 0; i < g.window[0]; i++)
				for (int j = 0; j < g.window[1]; j++) {
					int y = down + g.padding[0] - i, x = right + g.padding[1] - j;
					if (y % g.strides[0] || x % g.strides[1]) continue;
					y = y / g.strides[0] + l.before[0], x = x / g.strides[1] + l.before[1];
					m.taps[found] = i * g.window[1] + j, m.places[found++] = y * l.planes.size[1] + x;
					q->num_places++;
				}
		}
	compute(call, &w);
	return NULL;
}

static void dz_part(void *q, int part, int thread) { (void)thread, implemented->seen_pack_part(q, part); }
static void gradient_part(void *q, int part, int thread) { (void)thread, implemented->seen_gradient_part(q, part); }

const char *im2col_dweights(const ffi_call *call) {
	ffi_buffer **a = call->args.buffers, **r = call->results.buffers;
	if (call->args.count != 3 || call->results.count != 3) return "d2l: a convolution's gradient has other arguments";
	geometry g = new_geometry(a[0]->data, a[1]->dims, a[2]->dims[1]);
	memory m = divide(&g, SEEN_DWEIGHTS, r[2]->data);
	if ((size_t)r[2]->dims[0] < m.size) return "d2l: too little memory for a convolution's gradient";
	layout l = layout_of_x(&g);
	find_places(g.window, &l, m.places);
	seen_gradient q = {.batch = g.batch, .grid = {g.result[0], g.result[1]},
		.from = fill_planes(call, &l, g.batch, g.threads, a[1]->data, m.copied), .num_places = num_places(&g),
		.places = m.places, .out = g.out, .dz = a[2]->data, .packed = m.packed, .splits = splits_of(&g), .sums = m.sums};
	parallel(call, implemented->seen_pack_parts(&q), g.threads, dz_part, &q);
	parallel(call, implemented->seen_gradient_parts(&q), g.threads, gradient_part, &q);
	size_t weights = (size_t)num_places(&g) * g.in * g.out, size = weights + g.out;
	float *dweights = r[0]->data, *dbiases = r[1]->data;
	for (size_t i = 0; i < size; i++) { // In their order, so that a sum does not depend on the number of threads.
		float sum = 0;
		for (int split = 0; split < q.splits; split++) sum += q.sums[split * size + i];
		*(i < weights ? dweights + i : dbiases + (i - weights)) = sum;
	}
	return NULL;
}
