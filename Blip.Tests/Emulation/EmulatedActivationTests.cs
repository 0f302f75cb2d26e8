using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Kernels;

namespace Blip.Tests.Emulation;

/// <summary>Activations in the epilogues of the CUDA kernels, which choose a function by its number on the device.</summary>
public class EmulatedActivationTests
{
    public static TheoryData<string> Shapes => [.. Enum.GetNames<GemmCudaShape>()];

    [Theory, MemberData(nameof(Shapes))]
    public void Each_activation_is_its_own_function_in_every_format(string name)
    {
        using var device = EmulatedDevices.Open();
        var shape = Enum.Parse<GemmCudaShape>(name);
        ActivationsTests.EpiloguesAreOwn(device, rows: 3, (Device on, in GemmArgs args) => GemmCuda.Run(on, args, shape), $"cuda, {shape}");
    }

    [Fact]
    public void A_shape_that_there_is_not_is_refused()
    {
        using var device = EmulatedDevices.Open();
        foreach (var format in DTypes.Weights)
        {
            using var weights = PackedWeights.Allocate(device, 2, 2, format);
            using var x = device.Allocate<float>(4);
            var args = new GemmArgs { X = x.View, Weights = weights, Y = x.View, Rows = 2 };
            Assert.Throws<System.Diagnostics.UnreachableException>(() => GemmCuda.Run(device, args, (GemmCudaShape)99));
        }
    }
}
