using static Blip.Tests.Generated.Repeat;

namespace Blip.Tests.Generated;

/// <summary>The overloads of <c>Device.Load</c> for two kernel arguments and more.</summary>
internal static class DeviceKernelsTemplate
{
    private const int MostArguments = 14;

    public static string Write() =>
        $$"""
        using ILGPU;
        using ILGPU.Runtime;

        namespace Blip.Kernels.Devices;

        public sealed partial class Device
        {
        {{Join(MostArguments - 1, "\n\n", i => Overload(i + 2))}}
        }
        """;

    private static string Overload(int arguments)
    {
        var types = Join(arguments, ", ", i => $"T{i + 1}");
        return $$"""
                /// <inheritdoc cref="Load{T1}(Action{T1})"/>
                public Action<AcceleratorStream, KernelConfig, {{types}}>
                    Load<{{types}}>(
                        Action<{{types}}> kernel)
                    {{Lines(arguments, i => $"where T{i + 1} : struct")}} =>
                    LoadInOrder<Action<AcceleratorStream, KernelConfig, {{types}}>>(kernel);
            """;
    }
}
