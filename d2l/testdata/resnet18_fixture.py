"""Writes resnet18.safetensors, the state_dict of a narrow ResNet-18 with the names and shapes of torchvision's, and
resnet18.json, what PyTorch computes with it, for TestResNet18AgainstPyTorch. Run it by scripts/pytorch fixtures.

torchvision's own has the channels 64, 128, 256 and 512, and 1000 classes.
"""
import pathlib

import torch
from fixtures import numbers, wave, write
from safetensors.torch import save_file
from torch import nn

CHANNELS, CLASSES = (2, 4, 8, 16), 5


class BasicBlock(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or inputs != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, channels, 1, stride=stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, CHANNELS[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(CHANNELS[0])
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        inputs = CHANNELS[0]
        for i, channels in enumerate(CHANNELS):
            blocks = BasicBlock(inputs, channels, 1 if i == 0 else 2), BasicBlock(channels, channels, 1)
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
            inputs = channels
        self.fc = nn.Linear(CHANNELS[-1], CLASSES)

    def forward(self, x):
        y = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            y = layer(y)
        return self.fc(y.mean((2, 3)))


torch.manual_seed(0)
net = ResNet18()
with torch.no_grad():
    for module in net.modules():  # As different from PyTorch's first values as after training.
        if isinstance(module, nn.BatchNorm2d):
            module.weight.uniform_(0.5, 1.5)
            module.bias.uniform_(-0.5, 0.5)
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2)
path = pathlib.Path(__file__).with_name("resnet18.safetensors")
save_file(net.state_dict(), path)
print(path, path.stat().st_size, "bytes")
X, y = wave(33, 3, 4, 3, 64, 64), torch.tensor([0, 3, 1, 4])
net.eval()  # Batch normalization uses its running statistics and keeps them, in training too.
output = net(X)
optimizer, losses = torch.optim.SGD(net.parameters(), lr=0.05), []
for _ in range(5):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(X), y)
    losses.append(loss.item())
    loss.backward()
    optimizer.step()
write(__file__, dict(
    input=list(X.shape), labels=y.tolist(), output=numbers(output), losses=numbers(torch.tensor(losses)),
    trained=numbers(net(X))))
