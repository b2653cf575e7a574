package d2l

import (
	"fmt"
	"slices"
	"strings"
)

// Devices are those that work on something together.
//
// Book: none; several contexts are a list there.
type Devices []Device

// String returns cpu(0) for one device, and [gpu(0), gpu(1)] for several, as the
// book prints them.
func (d Devices) String() string {
	if len(d) == 1 {
		return d[0].String()
	}
	var names []string
	for _, device := range d {
		names = append(names, device.String())
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// requireTogether panics unless the devices that a function was given are
// different ones of one kind.
func requireTogether(function string, devices []Device) {
	for i, device := range devices {
		if slices.Contains(devices[:i], device) {
			panic(fmt.Sprintf("d2l: %s takes each device once, got %v", function, Devices(devices)))
		}
		if device.platform != devices[0].platform {
			panic(fmt.Sprintf("d2l: %s takes devices of one kind, got %v", function, Devices(devices)))
		}
	}
}
