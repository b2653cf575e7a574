// The passes of convolution.h for one width of registers. TILE_ROWS × TILE_COLS pixels of BLOCK channels, and a row of
// the window's gradients for DBLOCK channels, are what registers hold.
#include "convolution.h"
#include "vector.h"

enum { PARTS = EXAMPLES / LANES, PIXELS = TILE_ROWS * TILE_COLS, TILE = PIXELS * PARTS };

// Images side by side, from (image, plane, row, column) to (plane, row, column, image), with zeros around each plane.
TARGET static void load_images(const float *from, int images, int planes, int height, int width,
	vec *to, int to_height, int to_width, int top, int left) {
	size_t count = (size_t)planes * height * width;
	if (to_height != height || to_width != width)
		memset(to, 0, (size_t)planes * to_height * to_width * PARTS * sizeof(vec));
	for (size_t at = 0; at < count;) {
		if (at + LANES > count && count >= LANES) at = count - LANES; // Again what there is, rather than beyond.
		int lanes = count < LANES ? (int)count : LANES, first_row = (int)(at / width), first_col = (int)(at % width);
		for (int part = 0; part < PARTS; part++) {
			vec rows[LANES];
			UNROLL for (int i = 0; i < LANES; i++) {
				const float *image = from + (size_t)(part * LANES + i) * count + at;
				rows[i] = splat(0);
				if (part * LANES + i >= images) continue;
				if (lanes == LANES)
					rows[i] = *(const vec *)image;
				else
					memcpy(&rows[i], image, lanes * sizeof(float));
			}
			transpose(rows);
			int row = first_row % height, col = first_col;
			vec *pixel = to + (((size_t)(first_row / height) * to_height + row + top) * to_width + col + left) * PARTS + part;
			for (int i = 0; i < lanes; i++) {
				*pixel = rows[i];
				pixel += PARTS;
				if (++col == width) {
					col = 0, pixel += (to_width - width) * PARTS;
					if (++row == height) row = 0, pixel += (to_height - height) * to_width * PARTS;
				}
			}
		}
		at += LANES;
	}
}

// The other way, for count numbers of each image that are stride apart in to.
TARGET static void store_images(float *to, size_t stride, int images, size_t count, const vec *from) {
	for (size_t at = 0; at < count;) {
		if (at + LANES > count && count >= LANES) at = count - LANES;
		int lanes = count < LANES ? (int)count : LANES;
		for (int part = 0; part < PARTS; part++) {
			vec rows[LANES];
			UNROLL for (int i = 0; i < LANES; i++) rows[i] = i < lanes ? from[(at + i) * PARTS + part] : splat(0);
			transpose(rows);
			UNROLL for (int i = 0; i < LANES; i++) {
				if (part * LANES + i >= images) continue;
				float *image = to + (size_t)(part * LANES + i) * stride + at;
				if (lanes == LANES)
					*(vec *)image = rows[i];
				else
					memcpy(image, &rows[i], lanes * sizeof(float));
			}
		}
		at += LANES;
	}
}

static int images_in(const convolution *p, int group) {
	int rest = p->batch - group * EXAMPLES;
	return rest < EXAMPLES ? rest : EXAMPLES;
}

TARGET static void load_x(const convolution *p, int group, vec *to) {
	load_images(p->x + (size_t)group * EXAMPLES * p->in * p->image[0] * p->image[1], images_in(p, group), p->in,
		p->image[0], p->image[1], to, padded_size(p, 0), padded_size(p, 1), p->padding[0], p->padding[1]);
}


// What tiles see: planes of height × width pixels, each strides apart, in a window whose weights are packed.
typedef struct {
	int planes, height, width, window[2], strides[2];
} view;

// Sums of products over all planes and a part of the window, for a tile of pixels from x on and some channels of the
// output: sums[channel][pixel][part].
#define DEFINE_TILE(CHANNELS)                                                                                         \
	TARGET static void tile##CHANNELS(                                                                            \
		const view *v, const vec *x, range rows, range cols, const float *weights, vec *sums) {               \
		size_t row_step = (size_t)v->strides[0] * v->width * PARTS, col_step = (size_t)v->strides[1] * PARTS; \
		vec s[CHANNELS][TILE];                                                                                \
		UNROLL for (int o = 0; o < CHANNELS; o++) UNROLL for (int i = 0; i < TILE; i++) s[o][i] = splat(0);   \
		for (int c = 0; c < v->planes; c++)                                                                   \
			for (int down = rows.first; down < rows.end; down++) {                                        \
				const vec *seen = x + (((ptrdiff_t)c * v->height + down) * v->width + cols.first) * PARTS; \
				const float *weight = weights + ((c * v->window[0] + down) * v->window[1] + cols.first) * CHANNELS; \
				for (int right = cols.first; right < cols.end; right++, seen += PARTS, weight += CHANNELS) { \
					vec pixel[TILE];                                                              \
					UNROLL for (int i = 0; i < TILE; i++) pixel[i] = seen[i / PARTS / TILE_COLS * row_step + \
						i / PARTS % TILE_COLS * col_step + i % PARTS];                        \
					UNROLL for (int o = 0; o < CHANNELS; o++) UNROLL for (int i = 0; i < TILE; i++) \
						s[o][i] += weight[o] * pixel[i];                                      \
				}                                                                                     \
			}                                                                                             \
		UNROLL for (int o = 0; o < CHANNELS; o++) UNROLL for (int i = 0; i < TILE; i++) sums[o * TILE + i] = s[o][i]; \
	}
DEFINE_TILE(1)
DEFINE_TILE(2)
DEFINE_TILE(3)
#if BLOCK > 3
DEFINE_TILE(4)
DEFINE_TILE(5)
DEFINE_TILE(6)
#endif

TARGET static void tile(
	const view *v, const vec *x, range rows, range cols, const float *weights, int channels, vec *sums) {
	switch (channels) {
	case 1: tile1(v, x, rows, cols, weights, sums); break;
	case 2: tile2(v, x, rows, cols, weights, sums); break;
	case 3: tile3(v, x, rows, cols, weights, sums); break;
#if BLOCK > 3
	case 4: tile4(v, x, rows, cols, weights, sums); break;
	case 5: tile5(v, x, rows, cols, weights, sums); break;
	case 6: tile6(v, x, rows, cols, weights, sums); break;
#endif
	}
}

// The sums of a block of 2 × 2 pixels, from one tile or several: sums[channel][pixel of the block][part].
INLINE void block_sums(const view *v, const vec *x, const float *weights, int channels, vec *sums) {
	range rows = {0, v->window[0]}, cols = {0, v->window[1]};
	if (PIXELS == 4) {
		tile(v, x, rows, cols, weights, channels, sums);
		return;
	}
	for (int row = 0; row < 2; row += TILE_ROWS)
		for (int col = 0; col < 2; col += TILE_COLS) {
			vec part[BLOCK * TILE] LINE;
			tile(v, x + (row * v->strides[0] * v->width + col * v->strides[1]) * PARTS, rows, cols, weights, channels, part);
			for (int o = 0; o < channels; o++)
				memcpy(sums + (o * 4 + row * 2 + col) * PARTS, part + o * TILE, sizeof(vec) * TILE);
		}
}

INLINE vec maximum_of(const vec y[4]) {
	vec m = y[0]; // NaN stays.
	UNROLL for (int i = 1; i < 4; i++) m = choose((m >= y[i]) | (m != m), m, y[i]);
	return m;
}

static size_t value_index(const convolution *p, int group, int channel, int row, int col) {
	return ((((size_t)group * p->out + channel) * p->blocks[0] + row) * p->blocks[1] + col) * 4;
}

INLINE void forward_activated(const convolution *p, int group, float *scratch, activation kind) {
	view v = {p->in, padded_size(p, 0), padded_size(p, 1), {p->window[0], p->window[1]}, {p->strides[0], p->strides[1]}};
	vec *x = (vec *)scratch, *results = x + (size_t)v.planes * v.height * v.width * PARTS;
	load_x(p, group, x);
	size_t taps = (size_t)p->in * p->window[0] * p->window[1], plane = (size_t)p->result[0] * p->result[1];
	for (int b = 0, n = num_parts(p->out, BLOCK); b < n; b++) {
		int first = part_start(p->out, n, b), channels = part_start(p->out, n, b + 1) - first;
		for (int row = 0; row < p->blocks[0]; row++)
			for (int col = 0; col < p->blocks[1]; col++) {
				vec sums[BLOCK * 4 * PARTS] LINE;
				const vec *seen = x + ((size_t)2 * row * v.strides[0] * v.width + (size_t)2 * col * v.strides[1]) * PARTS;
				block_sums(&v, seen, p->packed + first * taps, channels, sums);
				for (int o = 0; o < channels; o++) {
					vec *values = (vec *)p->values + value_index(p, group, first + o, row, col) * PARTS;
					float bias = p->biases ? p->biases[first + o] : 0;
					for (int part = 0; part < PARTS; part++) {
						vec y[4];
						UNROLL for (int i = 0; i < 4; i++) y[i] = sums[(o * 4 + i) * PARTS + part] + bias;
						activate2(kind, &y[0], &y[1]);
						activate2(kind, &y[2], &y[3]);
						if (p->keep_values) UNROLL for (int i = 0; i < 4; i++) values[i * PARTS + part] = y[i];
						vec *result = results + o * plane * PARTS + part;
						switch (p->pooling) {
						case AVERAGE:
							result[(row * p->result[1] + col) * PARTS] = ((y[0] + y[1]) + (y[2] + y[3])) * 0.25f;
							break;
						case MAXIMUM:
							result[(row * p->result[1] + col) * PARTS] = maximum_of(y);
							break;
						default:
							UNROLL for (int i = 0; i < 4; i++) {
								int r = 2 * row + i / 2, c = 2 * col + i % 2;
								if (r < p->result[0] && c < p->result[1]) result[(r * p->result[1] + c) * PARTS] = y[i];
							}
						}
					}
				}
			}
		store_images(p->y + ((size_t)group * EXAMPLES * p->out + first) * plane, p->out * plane, images_in(p, group),
			channels * plane, results);
	}
}

TARGET static void forward(const convolution *p, int group, float *scratch) {
	FOR_ACTIVATION(p->activation, forward_activated, p, group, scratch)
}

// The gradient before the activation, from that of the result, dy, with its border, and its sums for the biases.
INLINE void unpool(const convolution *p, int group, const vec *dy, vec *dz, float *dbiases, activation kind) {
	int border = dz_border(p), height = dz_size(p, 0), width = dz_size(p, 1);
	ivec present[PARTS]; // The last group can have fewer images; the values of the others, of zeros, can be NaN.
	for (int i = 0; i < EXAMPLES; i++) present[i / LANES][i % LANES] = i < images_in(p, group) ? -1 : 0;
	for (int o = 0; o < p->out; o++) {
		vec sum = splat(0);
		for (int row = 0; row < p->blocks[0]; row++)
			for (int col = 0; col < p->blocks[1]; col++) {
				const vec *values = (const vec *)p->values + value_index(p, group, o, row, col) * PARTS;
				vec *to = dz + (((size_t)o * height + 2 * row + border) * width + 2 * col + border) * PARTS;
				bool below = 2 * row + 1 < p->convolved[0], beside = 2 * col + 1 < p->convolved[1];
				for (int part = 0; part < PARTS; part++) {
					vec y[4], d[4];
					if (kind != NO_ACTIVATION || p->pooling == MAXIMUM) {
						UNROLL for (int i = 0; i < 4; i++) y[i] = values[i * PARTS + part];
						// With a large batch they are in no cache by now: those of the eighth block from here are
						// fetched ahead, a line for each pixel.
						if (!part) UNROLL for (int i = 0; i < 4; i++) __builtin_prefetch(values + (8 * 4 + i) * PARTS);
					} else
						UNROLL for (int i = 0; i < 4; i++) y[i] = splat(0);
					vec share = splat(0);
					if (p->pooling) share = dy[(((size_t)o * p->result[0] + row) * p->result[1] + col) * PARTS + part];
					if (p->pooling == MAXIMUM) { // The first of equal maxima gets it all; NaN counts as one.
						vec m = maximum_of(y);
						ivec free = m == m;
						free |= ~free;
						UNROLL for (int i = 0; i < 4; i++) {
							ivec here = free & ((y[i] == m) | (y[i] != y[i]));
							free &= ~here;
							d[i] = choose(here, share, splat(0));
						}
					} else
						UNROLL for (int i = 0; i < 4; i++) d[i] = share * 0.25f;
					UNROLL for (int i = 0; i < 4; i++) {
						if ((i / 2 && !below) || (i % 2 && !beside)) continue;
						vec *pixel = to + (i / 2 * width + i % 2) * PARTS + part;
						vec z = choose(present[part], slope(kind, y[i]) * (p->pooling ? d[i] : *pixel), splat(0));
						*pixel = z;
						sum += z;
					}
				}
			}
		if (dbiases) dbiases[o] = total(sum);
	}
}

// Loads the gradient of a group's results, and computes that before the activation.
TARGET static void load_dz(const convolution *p, int group, vec *dz, vec *dy, float *dbiases) {
	const float *from = p->dy + (size_t)group * EXAMPLES * p->out * p->result[0] * p->result[1];
	if (!p->pooling)
		load_images(from, images_in(p, group), p->out, p->result[0], p->result[1], dz, dz_size(p, 0), dz_size(p, 1),
			dz_border(p), dz_border(p));
	else {
		load_images(from, images_in(p, group), p->out, p->result[0], p->result[1], dy, p->result[0], p->result[1], 0, 0);
		if (dz_border(p)) memset(dz, 0, (size_t)p->out * dz_size(p, 0) * dz_size(p, 1) * PARTS * sizeof(vec));
	}
	if (!p->pooling && p->activation == NO_ACTIVATION && !dbiases) return;
	FOR_ACTIVATION(p->activation, unpool, p, group, dy, dz, dbiases)
}

// The gradient of a part of the weights: of channels of the output, and of taps that are tap_step apart in x.
typedef struct {
	const vec *x, *dz;
	size_t x_row, x_col, tap_step, dz_row, dz_plane;
	int rows, cols;
	vec *sums; // [channel][tap]
	int stride;
} strip;

#define DEFINE_STRIP(CHANNELS, TAPS)                                                                                  \
	TARGET static void strip##CHANNELS##x##TAPS(const strip *r) {                                                 \
		vec s[CHANNELS][TAPS];                                                                                \
		size_t step = r->tap_step, plane = r->dz_plane, x_col = r->x_col;                                     \
		UNROLL for (int o = 0; o < CHANNELS; o++) UNROLL for (int t = 0; t < TAPS; t++)                       \
			s[o][t] = r->sums[o * r->stride + t];                                                         \
		for (int row = 0; row < r->rows; row++)                                                               \
			for (int part = 0; part < PARTS; part++) {                                                    \
				const vec *x = r->x + row * r->x_row + part, *dz = r->dz + row * r->dz_row + part;    \
				for (int col = 0; col < r->cols; col++, x += x_col, dz += PARTS) {                    \
					vec d[CHANNELS];                                                              \
					UNROLL for (int o = 0; o < CHANNELS; o++) d[o] = dz[o * plane];               \
					UNROLL for (int t = 0; t < TAPS; t++) {                                       \
						vec seen = x[t * step];                                               \
						UNROLL for (int o = 0; o < CHANNELS; o++) s[o][t] += d[o] * seen;     \
					}                                                                             \
				}                                                                                     \
			}                                                                                             \
		UNROLL for (int o = 0; o < CHANNELS; o++) UNROLL for (int t = 0; t < TAPS; t++)                       \
			r->sums[o * r->stride + t] = s[o][t];                                                         \
	}
#define EACH_STRIP(F, CHANNELS) F(CHANNELS, 1) F(CHANNELS, 2) F(CHANNELS, 3) F(CHANNELS, 4) F(CHANNELS, 5)
EACH_STRIP(DEFINE_STRIP, 1)
EACH_STRIP(DEFINE_STRIP, 2)
#if DBLOCK > 2
EACH_STRIP(DEFINE_STRIP, 3)
EACH_STRIP(DEFINE_STRIP, 4)
#endif

enum { MAX_TAPS = 5 };

TARGET static void compute_strip(const strip *r, int channels, int taps) {
#define CASE(CHANNELS, TAPS)                \
	case CHANNELS * 8 + TAPS:           \
		strip##CHANNELS##x##TAPS(r); \
		break;
	switch (channels * 8 + taps) {
		EACH_STRIP(CASE, 1)
		EACH_STRIP(CASE, 2)
#if DBLOCK > 2
		EACH_STRIP(CASE, 3)
		EACH_STRIP(CASE, 4)
#endif
	}
#undef CASE
}

// The gradients of weights, (row, column, in, out), and biases.
TARGET static void dweights(const convolution *p, int group, float *scratch) {
	int height = p->window[0], width = p->window[1], area = height * width, taps = p->in * area;
	size_t x_row = (size_t)padded_size(p, 1) * PARTS, x_plane = x_row * padded_size(p, 0);
	size_t dz_row = (size_t)dz_size(p, 1) * PARTS, dz_plane = dz_row * dz_size(p, 0);
	vec *x = (vec *)scratch, *dz = x + p->in * x_plane, *sums = dz + p->out * dz_plane, *dy = sums + MAX_DBLOCK * taps * PARTS;
	float *to = p->partial + group * ((size_t)taps + 1) * p->out;
	load_x(p, group, x);
	load_dz(p, group, dz, dy, to + (size_t)taps * p->out);
	// As many rows at a time as stay in the first-level cache, with what the window sees of them.
	int at_once = (1 << 14) / (int)(DBLOCK * dz_row * sizeof(vec)) + 1;
	// The taps of a strip are a row of the window, or channels.
	bool by_row = area > 1;
	int strips = num_parts(by_row ? width : p->in, MAX_TAPS);
	for (int b = 0, n = num_parts(p->out, DBLOCK); b < n; b++) {
		int first = part_start(p->out, n, b), channels = part_start(p->out, n, b + 1) - first;
		memset(sums, 0, sizeof(vec) * channels * taps);
		for (int row = 0; row < p->convolved[0]; row += at_once) {
			strip r = {
				.x_row = x_row * p->strides[0], .x_col = (size_t)PARTS * p->strides[1], .tap_step = by_row ? PARTS : x_plane,
				.dz = dz + first * dz_plane + row * dz_row, .dz_row = dz_row, .dz_plane = dz_plane, .stride = taps,
				.rows = row + at_once < p->convolved[0] ? at_once : p->convolved[0] - row, .cols = p->convolved[1],
			};
			const vec *seen = x + row * r.x_row;
			for (int c = 0; c < (by_row ? p->in : 1); c++)
				for (int down = 0; down < height; down++)
					for (int i = 0; i < strips; i++) {
						int tap = part_start(by_row ? width : p->in, strips, i);
						r.x = seen + c * x_plane + down * x_row + tap * r.tap_step;
						r.sums = sums + (c * height + down) * width + tap;
						compute_strip(&r, channels, part_start(by_row ? width : p->in, strips, i + 1) - tap);
					}
		}
		for (int o = 0; o < channels; o++)
			for (int c = 0; c < p->in; c++)
				for (int tap = 0; tap < area; tap++)
					to[((size_t)tap * p->in + c) * p->out + first + o] = total(sums[o * taps + c * area + tap]);
	}
}

// The part of a window, on a tile from pixel first on, that is on the n pixels there are.
INLINE range inside(int first, int tile, int window, int n) {
	// The window's place k is on pixels first + k − (window − 1) and, for the tile's last, tile − 1 later.
	int from = window - first - tile, end = n + window - 1 - first;
	from = from < 0 ? 0 : from, end = end > window ? window : end;
	return (range){from, end < from ? from : end};
}

// The gradient of the input: the convolution of that before the activation with the weights turned round.
TARGET static void dx(const convolution *p, int group, float *scratch) {
	view v = {p->out, dz_size(p, 0), dz_size(p, 1), {0, 0}, {1, 1}};
	size_t plane = (size_t)p->image[0] * p->image[1];
	vec *dz = (vec *)scratch, *results = dz + (size_t)v.planes * v.height * v.width * PARTS, *dy = results + plane * MAX_BLOCK * PARTS;
	load_dz(p, group, dz, dy, NULL);
	for (int b = 0, n = num_parts(p->in, BLOCK); b < n; b++) {
		int first = part_start(p->in, n, b), channels = part_start(p->in, n, b + 1) - first;
		const float *packed = p->packed + (size_t)first * p->out * p->window[0] * p->window[1];
		for (int rest = 0; rest < p->strides[0] * p->strides[1]; rest++) {
			rest_class down = class_of(p, 0, rest / p->strides[1]), right = class_of(p, 1, rest % p->strides[1]);
			v.window[0] = down.window, v.window[1] = right.window;
			for (int row = 0; row < down.count; row += TILE_ROWS)
				for (int col = 0; col < right.count; col += TILE_COLS) {
					int top = down.start + row, left = right.start + col;
					vec sums[BLOCK * TILE] LINE;
					const vec *seen = dz + ((ptrdiff_t)(top - down.window + 1 + dz_border(p)) * v.width + left - right.window + 1 + dz_border(p)) * PARTS;
					tile(&v, seen, inside(top, TILE_ROWS, down.window, p->convolved[0]),
						inside(left, TILE_COLS, right.window, p->convolved[1]), packed, channels, sums);
					for (int i = 0; i < PIXELS; i++) {
						int r = row + i / TILE_COLS, c = col + i % TILE_COLS;
						if (r >= down.count || c >= right.count) continue;
						r = down.first + r * p->strides[0], c = right.first + c * p->strides[1];
						for (int o = 0; o < channels; o++)
							memcpy(results + (o * plane + r * p->image[1] + c) * PARTS, sums + o * TILE + i * PARTS, sizeof(vec) * PARTS);
					}
				}
			packed += (size_t)channels * p->out * down.window * right.window;
		}
		store_images(p->dx + ((size_t)group * EXAMPLES * p->in + first) * plane, p->in * plane, images_in(p, group),
			channels * plane, results);
	}
}
