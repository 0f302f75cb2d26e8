using Blip.Tests;
using Blip.Tests.Bootstrapping;
using Blip.Tests.Emulation;
using Blip.Tests.Kernels;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongTestsFirst))]

namespace Blip.Tests;

/// <summary>
/// Classes run side by side, each by itself one test after another. The longest begin first: all cores would wait for one that began last.
/// </summary>
public sealed class LongTestsFirst : ITestCollectionOrderer
{
    /// <summary>Classes that take twenty seconds or more on two cores; the ones that mostly wait are the first.</summary>
    private static readonly Type[] Long =
    [
        typeof(NatsBootstrapTests), typeof(PlantedFaultTests), typeof(PortableOperatorTests), typeof(CpuOperatorTests),
            typeof(GemmCudaTests),
        typeof(EmulatedPrecisionTests), typeof(GemmOtherArchitecturesCudaTests), typeof(NatsShardQueueTests), typeof(EmulatedKernelTests),
    ];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => Rank(collection.TestCollectionDisplayName))];

    // A class's own collection is named after it.
    private static int Rank(string collection)
    {
        var rank = Array.FindIndex(Long, type => collection.Contains($" {type.FullName} ", StringComparison.Ordinal));
        return rank < 0 ? Long.Length : rank;
    }
}
