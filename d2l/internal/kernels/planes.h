// Images (batch, channel, row, column) in the order in which a convolution reads them. Pairs are of height and width.
#pragma once
#include "ffi.h"
#include <stdbool.h>

// Images that are read at a position and at places around it. Each channel is divided into planes, one for each rest that
// rows and columns leave when they are divided by the strides, so that neighboring positions read neighbors in memory.
typedef struct {
	int channels, planes[2], size[2]; // Of a plane, with zeros around the image.
	const float *data;                // (batch, channel, plane, row, column)
	const float *end;
} planes;

// The planes of images with zeros around them: before are those above and to the left.
typedef struct {
	planes planes;
	int image[2], strides[2], before[2];
	bool copied; // Otherwise the images are what is read.
} layout;

layout new_layout(
	int channels, const int image[2], const int strides[2], const int num_planes[2], const int before[2], const int size[2]);

size_t plane_size(const planes *p);

// copied_size returns how many numbers fill_planes needs memory for.
size_t copied_size(const layout *l, int batch);

// fill_planes returns the planes of images, which are copied to memory if need be.
planes fill_planes(const ffi_call *call, const layout *l, int batch, int threads, const float *images, float *memory);
