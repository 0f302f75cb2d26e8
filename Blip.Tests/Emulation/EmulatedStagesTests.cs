using Blip.Emulation.Driver;
using Blip.Emulation.Machine;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Emulation;

/// <summary>
/// Shared memory beyond 48 KB through the driver's own attribute, and the kernel for devices that have none to give. The options are the
/// whole process's.
/// </summary>
[Collection(nameof(AloneCollection))]
public class EmulatedStagesTests
{
    // Once around the ring of six and into the second time.
    private static readonly GemmCase Product = new("more than six stages", 20, 260, 72) { Format = DType.Float16, Residual = true };

    [Fact]
    public void Tiles_take_six_stages_where_the_device_has_memory_for_them_and_give_the_bits_of_three()
    {
        var deep = Run(99 * 1024, 1, nameof(SixStages));
        var plain = Run(64 * 1024, 0, nameof(ThreeStages));
        Assert.Equal(plain.Select(BitConverter.SingleToInt32Bits), deep.Select(BitConverter.SingleToInt32Bits));
    }

    private static float[] Run(int sharedMemory, int asked, string stages)
    {
        var before = EmulatedDriver.Options;
        try
        {
            EmulatedDriver.Options = before with { MaxSharedBytes = sharedMemory };
            using var device = EmulatedDevices.Open();
            var inputs = GemmCases.Make(Product);
            using var buffers = new OperatorBuffers(device);
            var (args, y) = GemmOperator.Upload(buffers, Product, inputs);
            EmulatedDriver.ResetCounters();
            GemmCuda.Run(device, args, GemmCudaShape.Tiles);
            var result = HalfValues.Unpack(y.ToArray(), args.YFormat);
            Assert.Equal(asked, EmulatedDriver.Counters.GetValueOrDefault("cuFuncSetAttribute"));
            Assert.Contains(device.LoadedKernels, kernel => kernel.GetGenericArguments().Any(argument => argument.Name == stages));
            var error = GemmCases.Error(Product, inputs, result, rounds: true);
            Assert.True(error <= 1, $"{stages}: {error:F2} times the bound");
            return result;
        }
        finally
        {
            EmulatedDriver.Options = before;
        }
    }
}
