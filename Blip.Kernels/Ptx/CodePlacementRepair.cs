using System.Collections.Immutable;
using System.Reflection;
using ILGPU.Backends;
using ILGPU.IR.Transformations;

namespace Blip.Kernels.Ptx;

/// <summary>
/// Repairs a miscompilation of ILGPU 1.5.3. At optimization level O2, the pass <c>CodePlacement</c> moves a load past its block's last
/// memory operation. <c>x = shared[i]; Group.Barrier();</c> can become a barrier and then the load, and <c>old = x[t]; x[t] = new;</c> can
/// be swapped. O1 is right but slow.
/// </summary>
public static class CodePlacementRepair
{
    private const string Field = "KernelTransformers";

    /// <summary>Removes the pass from a back end that has compiled nothing yet.</summary>
    /// <returns>The number of removed passes; 0 below O2.</returns>
    /// <exception cref="MissingMemberException">This version of ILGPU keeps its passes elsewhere: check the repair.</exception>
    public static int Apply(Backend backend)
    {
        var property = typeof(Backend).GetProperty(Field, BindingFlags.Instance | BindingFlags.NonPublic)
            ?? throw new MissingMemberException(typeof(Backend).FullName, Field);
        var setter = property.GetSetMethod(nonPublic: true) ?? throw new MissingMemberException(typeof(Backend).FullName, $"set_{Field}");
        var before = (ImmutableArray<Transformer>)property.GetValue(backend)!;
        var after = before.Select(Without).ToImmutableArray();
        setter.Invoke(backend, [after]);
        return Count(before) - Count(after);
    }

    private static Transformer Without(Transformer transformer) =>
        Transformer.Create(transformer.Configuration, [.. transformer.Transformations.Where(pass => pass is not CodePlacement)]);

    private static int Count(ImmutableArray<Transformer> transformers) =>
        transformers.Sum(transformer => transformer.Transformations.Length);
}
