using System.Collections.Immutable;
using System.Reflection;
using ILGPU.Backends;
using ILGPU.IR.Transformations;

namespace Blip.Kernels.Ptx;

/// <summary>
/// Repairs a miscompile of ILGPU 1.5.3: at optimisation level O2 the pass <c>CodePlacement</c> moves a load past the last memory
/// operation of its block, so that <c>x = shared[i]; Group.Barrier();</c> can become a barrier and then the load, and
/// <c>old = x[t]; x[t] = new;</c> can be swapped. O1 is right but slow. The repair takes that one pass out of the back end.
/// </summary>
public static class CodePlacementRepair
{
    private const string Field = "KernelTransformers";

    /// <summary>Takes the pass out of a back end that has compiled nothing yet.</summary>
    /// <returns>How many passes were taken out; 0 means that there was nothing to repair (optimisation level below O2).</returns>
    /// <exception cref="MissingMemberException">This version of ILGPU keeps its passes elsewhere: the repair must be looked at again.</exception>
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

    private static int Count(ImmutableArray<Transformer> transformers) => transformers.Sum(transformer => transformer.Transformations.Length);
}
