#pragma once

typedef enum { NO_ACTIVATION, SIGMOID, TANH, RELU } activation;
