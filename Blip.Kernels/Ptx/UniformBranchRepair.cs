using System.Reflection;
using ILGPU.Backends.PTX;

namespace Blip.Kernels.Ptx;

/// <summary>
/// ILGPU marks back edges <c>bra.uni</c>. ptxas does not unroll such loops, and keeps the arrays that they index in local memory. The plain
/// <c>bra</c> means the same and allows registers.
/// </summary>
public static class UniformBranchRepair
{
    private const string Field = "<PTXAssembly>k__BackingField";

    /// <summary>Replaces every uniform branch in PTX text.</summary>
    public static string Apply(string ptx) => ptx.Replace("bra.uni", "bra", StringComparison.Ordinal);

    /// <summary>
    /// Repairs a compiled kernel before it is loaded, and sets the target that its instructions need (<see cref="WarpGroupTarget"/>).
    /// </summary>
    /// <exception cref="MissingMemberException">This version of ILGPU keeps its PTX elsewhere: check the repair.</exception>
    public static void Apply(PTXCompiledKernel kernel)
    {
        var field = typeof(PTXCompiledKernel).GetField(Field, BindingFlags.Instance | BindingFlags.NonPublic)
            ?? throw new MissingMemberException(typeof(PTXCompiledKernel).FullName, Field);
        field.SetValue(kernel, WarpGroupTarget.Apply(Apply(kernel.PTXAssembly)));
    }
}
