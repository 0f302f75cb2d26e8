using System.Globalization;
using Blip.Emulation.Machine;

namespace Blip.Tests.Emulation;

/// <summary>Small PTX kernels written by hand.</summary>
internal static class Isa
{
    /// <summary>The bits that one thread gets from one instruction.</summary>
    /// <param name="mnemonic">For example <c>add.rn.f32</c>.</param>
    /// <param name="type">Type of the register that is written.</param>
    /// <param name="operands">The operands after the target: immediate values.</param>
    public static string Result(string mnemonic, string type, string operands)
    {
        var stored = type switch
        {
            "pred" => "u32",
            "f16" or "b16" or "u16" or "s16" => "b16",
            _ => $"b{(type.EndsWith("64", StringComparison.Ordinal) ? 64 : 32)}"
        };
        var body = type == "pred"
            ? $"{mnemonic} %p0, {operands}; selp.u32 %r0, 1, 0, %p0; st.global.u32 [%rd0], %r0;"
            : $"{mnemonic} %d0, {operands}; st.global.{stored} [%rd0], %d0;";
        using var gpu = new EmulatedGpu();
        var output = gpu.Upload<ulong>([0]);
        gpu.Load(Kernel($".reg .{(type == "pred" ? "b32" : type)} %d<1>; {body}"))
            .Launch(1, 1, new KernelArguments().Add(output).ToArray());
        var bits = gpu.Download<ulong>(output, 1)[0];
        return bits.ToString(stored switch { "b16" => "X4", "b64" => "X16", "u32" => "X", _ => "X8" }, CultureInfo.InvariantCulture);
    }

    /// <summary>A kernel of one argument, the address in <c>%rd0</c>, with some registers declared.</summary>
    public static string Kernel(string body, string target = "sm_80") => $$"""
        .version 7.8
        .target {{target}}
        .address_size 64
        .visible .entry kernel(.param .b64 out)
        {
            .reg .b64 %rd<16>; .reg .b32 %r<64>; .reg .f32 %f<64>; .reg .b16 %h<16>; .reg .pred %p<8>;
            ld.param.b64 %rd0, [out];
            {{body}}
            ret;
        }
        """;

    /// <summary>Runs a kernel of one argument over so many 32-bit values of output, and gives them back.</summary>
    public static uint[] Run(
        string body, int threads, int values, EmulationOptions? options = null, int groups = 1, int dynamicSharedBytes = 0)
    {
        using var gpu = new EmulatedGpu(options);
        var output = gpu.Upload<uint>(new uint[values]);
        gpu.Load(Kernel(body)).Launch(groups, threads, new KernelArguments().Add(output).ToArray(), dynamicSharedBytes);
        return gpu.Download<uint>(output, values);
    }

    /// <summary>The fault that a kernel shows.</summary>
    public static Fault FaultOf(string body, int threads = 32, int values = 64, EmulationOptions? options = null) =>
        Assert.Throws<EmulationException>(() => Run(body, threads, values, options)).Fault;
}
