// The passes of batch_norm.h for one width of registers.
#include "batch_norm.h"
#include "vector.h"

// The registers that a channel of an image fills. The last one begins earlier, where it would reach beyond.
typedef struct {
	int count, lanes;
	int last;  // Where the last one begins.
	ivec rest; // What it has of its own.
} registers;

INLINE registers registers_of(int area) {
	registers r = {.count = (area + LANES - 1) / LANES, .lanes = area < LANES ? area : LANES};
	r.last = area - r.lanes;
	for (int i = 0; i < LANES; i++) r.rest[i] = i < r.lanes && r.last + i >= (r.count - 1) * LANES ? -1 : 0;
	return r;
}

// Where one begins: the last one again, rather than one that is not there.
INLINE int place(const registers *r, int i) { return i + 1 < r->count ? i * LANES : r->last; }

static int first_of(const batch_norm *p, int part) { return part * p->at_once; }

// Where a channel of an image begins.
static size_t plane_index(const batch_norm *p, int image, int channel) {
	return ((size_t)image * p->channels + channel) * p->area;
}

// The sums, over a channel in a part, of the distances from a number and of their squares.
TARGET static struct sums distances(const batch_norm *p, int part, int channel, float from) {
	registers r = registers_of(p->area);
	vec sums[4], squares[4];
	UNROLL for (int j = 0; j < 4; j++) sums[j] = squares[j] = splat(0);
	for (int image = first_of(p, part), end = image + images_in_part(p, part); image < end; image++) {
		const float *x = p->x + plane_index(p, image, channel);
		int i = 0;
		for (; i + 4 < r.count; i += 4) UNROLL for (int j = 0; j < 4; j++) {
			vec distance = *(const vec *)(x + (i + j) * LANES) - splat(from);
			sums[j] += distance, squares[j] += distance * distance;
		}
		for (; i < r.count; i++) {
			vec distance = load_lanes(x + place(&r, i), r.lanes) - splat(from);
			if (i + 1 == r.count) distance = choose(r.rest, distance, splat(0));
			sums[0] += distance, squares[0] += distance * distance;
		}
	}
	return (struct sums){total((sums[0] + sums[1]) + (sums[2] + sums[3])),
		total((squares[0] + squares[1]) + (squares[2] + squares[3]))};
}

// The mean of each channel in a part, and the sum of the squares of the distances from it.
TARGET static void statistics(const batch_norm *p, int part) {
	float count = (float)p->area * images_in_part(p, part);
	for (int c = 0; c < p->channels; c++) {
		// The first mean is rounded. What the distances from it sum to is what it lacks: without that, numbers that are all
		// the same would seem to differ, and their small distances would be divided by a small deviation.
		float mean = distances(p, part, c, 0).first / count;
		struct sums rest = distances(p, part, c, mean);
		p->sums[part * p->channels + c] = (struct sums){mean + rest.first / count, rest.second - rest.first * rest.first / count};
	}
}

INLINE void normalize_activated(const batch_norm *p, int part, activation kind) {
	registers r = registers_of(p->area);
	for (int image = first_of(p, part), end = image + images_in_part(p, part); image < end; image++)
		for (int c = 0; c < p->channels; c++) {
			struct line line = p->lines[c];
			const float *x = p->x + plane_index(p, image, c);
			float *y = p->y + plane_index(p, image, c);
			for (int i = 0; i < r.count; i += 2) {
				int at[2] = {place(&r, i), place(&r, i + 1)};
				vec z[2];
				UNROLL for (int j = 0; j < 2; j++)
					z[j] = (load_lanes(x + at[j], r.lanes) - splat(line.mean)) * splat(line.slope) + splat(line.offset);
				activate2(kind, &z[0], &z[1]);
				UNROLL for (int j = 0; j < 2; j++) store_lanes(y + at[j], r.lanes, z[j]);
			}
		}
}

TARGET static void normalize(const batch_norm *p, int part) {
	FOR_ACTIVATION(p->activation, normalize_activated, p, part)
}

// The gradient before the activation at two places, from the distances from the mean there.
INLINE void derivative2(const registers *r, struct line line, const float *dy, const int at[2], const vec distance[2],
	activation kind, vec dz[2]) {
	vec y[2];
	UNROLL for (int j = 0; j < 2; j++) y[j] = distance[j] * splat(line.slope) + splat(line.offset);
	activate2(kind, &y[0], &y[1]);
	UNROLL for (int j = 0; j < 2; j++) dz[j] = load_lanes(dy + at[j], r->lanes) * slope(kind, y[j]);
}

INLINE void gradient_sums_activated(const batch_norm *p, int part, activation kind) {
	registers r = registers_of(p->area);
	for (int c = 0; c < p->channels; c++) {
		struct line line = p->lines[c];
		vec sums[2], products[2];
		UNROLL for (int j = 0; j < 2; j++) sums[j] = products[j] = splat(0);
		for (int image = first_of(p, part), end = image + images_in_part(p, part); image < end; image++) {
			const float *x = p->x + plane_index(p, image, c), *dy = p->dy + plane_index(p, image, c);
			for (int i = 0; i < r.count; i += 2) {
				int at[2] = {place(&r, i), place(&r, i + 1)};
				vec distance[2], dz[2];
				UNROLL for (int j = 0; j < 2; j++) distance[j] = load_lanes(x + at[j], r.lanes) - splat(line.mean);
				derivative2(&r, line, dy, at, distance, kind, dz);
				if (i + 1 >= r.count) dz[1] = splat(0);
				if (i + 2 >= r.count) {
					int last = i + 1 < r.count;
					dz[last] = choose(r.rest, dz[last], splat(0));
				}
				UNROLL for (int j = 0; j < 2; j++) sums[j] += dz[j], products[j] += dz[j] * distance[j];
			}
		}
		p->sums[part * p->channels + c] = (struct sums){total(sums[0] + sums[1]), total(products[0] + products[1])};
	}
}

// The sums of each channel in a part: of the gradient before the activation, and of its products with the distances from
// the mean.
TARGET static void gradient_sums(const batch_norm *p, int part) {
	FOR_ACTIVATION(p->activation, gradient_sums_activated, p, part)
}

INLINE void input_gradient_activated(const batch_norm *p, int part, activation kind) {
	registers r = registers_of(p->area);
	for (int image = first_of(p, part), end = image + images_in_part(p, part); image < end; image++)
		for (int c = 0; c < p->channels; c++) {
			struct line line = p->lines[c];
			size_t plane = plane_index(p, image, c);
			for (int i = 0; i < r.count; i += 2) {
				int at[2] = {place(&r, i), place(&r, i + 1)};
				vec distance[2], dz[2];
				UNROLL for (int j = 0; j < 2; j++) distance[j] = load_lanes(p->x + plane + at[j], r.lanes) - splat(line.mean);
				derivative2(&r, line, p->dy + plane, at, distance, kind, dz);
				UNROLL for (int j = 0; j < 2; j++)
					store_lanes(p->dx + plane + at[j], r.lanes, dz[j] * splat(line.slope) - splat(line.shift) - distance[j] * splat(line.tilt));
			}
		}
}

TARGET static void input_gradient(const batch_norm *p, int part) {
	FOR_ACTIVATION(p->activation, input_gradient_activated, p, part)
}
