using Blip.Bench.Measuring;
using Blip.Verification;
using Blip.Verification.Operators;

namespace Blip.Bench.Operators;

internal static class KernelBench
{
    /// <summary>The cases of some operators on a device.</summary>
    /// <param name="operators">Names; none: all.</param>
    /// <param name="target">The target.</param>
    /// <param name="filter">A part of "operator case", in any case.</param>
    /// <param name="odd">With small and odd cases, whose times say little.</param>
    /// <param name="isShort">Without the longest.</param>
    public static IEnumerable<BenchCase> Cases(
        IReadOnlyCollection<string> operators, Target target, string filter, bool odd, bool isShort) =>
        from name in operators.Count > 0 ? operators : OperatorCatalog.Names
        from one in OperatorCatalog.Cases(name)
        where (odd || one.Size == CaseSize.Real) && (!isShort || !one.IsLong) && (!one.IsForGpus || !target.Device.Description.IsProcessor)
        let work = $"{one.Operator} {one.Name}"
        where work.Contains(filter, StringComparison.OrdinalIgnoreCase)
        select new BenchCase(work, target.Id, () => Prepare(one, target)) { Variant = target.Variant, Precision = one.Precision };

    private static PreparedCase Prepare(OperatorCase one, Target target)
    {
        var prepared = one.Prepare(target.Device);
        return new PreparedCase
        {
            Run = () =>
            {
                prepared.Run(target.Form);
                target.Device.Synchronize();
            },
            Verify = () => prepared.Compare().Error,
            Flops = one.Operations,
            Bytes = prepared.Bytes,
            Owned = [prepared],
        };
    }
}
