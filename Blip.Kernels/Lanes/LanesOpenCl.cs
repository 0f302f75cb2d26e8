using System.Globalization;
using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Values;

namespace Blip.Kernels;

/// <summary>
/// <see cref="Lanes"/> as OpenCL C: one <c>float16</c> statement per 16 lanes. A view is a structure whose first field is its address.
/// Private memory is accessed through a packed structure with a float's alignment: there the compiler splits <c>vload16</c> and never
/// rejoins it.
/// </summary>
internal static class LanesOpenCl
{
    private const int Width = 16;

    // {0}, {1}… are the arguments, # is the first of the 16 lanes.
    public static void Clear(CLBackend backend, CLCodeGenerator generator, Value call) =>
        Emit(generator, call, $"{Own("{0}", "{1}")} = (float16)(0.0f);");

    public static void Load(CLBackend backend, CLCodeGenerator generator, Value call) =>
        Emit(generator, call, $"{Own("{2}", "0")} = vload16(0, {{0}}.field_0 + {{1}} + #);");

    public static void LoadFloat16(CLBackend backend, CLCodeGenerator generator, Value call) =>
        Emit(generator, call, $"{Own("{2}", "0")} = vload_half16(0, (const half*)({{0}}.field_0 + {{1}} + #));");

    public static void LoadBFloat16(CLBackend backend, CLCodeGenerator generator, Value call) =>
        Emit(generator, call, $"{Own("{2}", "0")} = as_float16(convert_uint16(as_ushort16(vload16(0, {{0}}.field_0 + {{1}} + #))) << 16);");

    // A pair of bytes is read as 16 bits. The left shift moves the wanted byte to the top, the right shift extends its sign.
    public static void LoadInt8(CLBackend backend, CLCodeGenerator generator, Value call) =>
        Emit(generator, call,
            $"{Own("{3}", "0")} = convert_float16((vload16(0, (const short*)({{0}}.field_0 + {{1}} + 2 * #)) << (short16)(8 - 8 * {{2}})) "
                + $">> (short16)(8));");

    public static void MultiplyAdd(CLBackend backend, CLCodeGenerator generator, Value call) =>
        Emit(generator, call, $"{Own("{2}", "{3}")} = fma((float16)({{0}}), {Own("{1}", "0")}, {Own("{2}", "{3}")});");

    public static void AddTo(CLBackend backend, CLCodeGenerator generator, Value call) =>
        Emit(generator, call, $"{Own("{0}", "{1}")} = {Own("{0}", "{1}")} + {Own("{2}", "{3}")};");

    private static string Own(string view, string at) =>
        $"((struct __attribute__((packed)) {{{{ float16 lanes; }}}}*)({view}.field_0 + {at} + #))->lanes";

    private static void Emit(CLCodeGenerator generator, Value call, string statement)
    {
        if (call[call.Count - 1].Resolve() is not PrimitiveValue { Int32Value: var count } || count % Width != 0)
            throw new NotSupportedException($"The number of lanes must be a constant and a multiple of {Width}.");
        var text = string.Format(
            CultureInfo.InvariantCulture, statement, [.. call.Nodes.ToArray().Select(argument => Name(generator.Load(argument)))]);
        for (var first = 0; first < count; first += Width)
        {
            generator.AppendIndent();
            generator.Builder.AppendLine(text.Replace("#", first.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        }
    }

    private static string Name(VariableAllocator.Variable argument) => argument is VariableAllocator.ConstantVariable constant
        ? constant.Value.Int32Value.ToString(CultureInfo.InvariantCulture)
        : argument.ToString()!;
}
