using Blip.Runtime.Models;
using Blip.Tests.Training;

namespace Blip.Tests.Emulation;

/// <summary>A step of training on the emulated CUDA device: its losses and gradients, and the losses behind it.</summary>
public class EmulatedTrainingTests
{
    [Theory, InlineData(Precision.Fp32), InlineData(Precision.Bf16), InlineData(Precision.Fp16)]
    public void Captions_are_learned_as_by_the_reference(Precision precision)
    {
        FullRun.Only();
        using var device = Devices.OpenCuda();
        TrainingGoldenTests.LearnCaptions(device, precision, steps: 1);
    }
}
