using BenchmarkDotNet.Attributes;

namespace Blip.Bench.Measuring;

/// <summary>BenchmarkDotNet's class for the current session's cases. It requires a public type and constructs it.</summary>
public class CaseBenchmark
{
    private PreparedCase? prepared;

    /// <summary>The cases, as the parameter.</summary>
    public static IEnumerable<CaseParameter> Cases => Session.Present.Cases;

    /// <summary>The current case.</summary>
    [ParamsSource(nameof(Cases))]
    public CaseParameter Case { get; set; } = null!;

    /// <summary>Makes the data and verifies an answer. A wrong one is not timed.</summary>
    [GlobalSetup]
    public void Setup()
    {
        try
        {
            prepared = Case.Value.Prepare();
            prepared.Run();
            var error = prepared.Verify?.Invoke();
            Session.Present.Verified(Case.Value, prepared, error);
            if (error is { } share && !(share <= 1))
                throw new WrongAnswerException($"WRONG: the error is {share:g3} of what is allowed");
        }
        catch (Exception e)
        {
            // No cleanup follows a failed setup.
            prepared?.Dispose();
            Session.Present.Failed(Case.Value, e is WrongAnswerException ? e.Message : $"FAILED: {e.Message}");
            throw;
        }
    }

    /// <summary>The timed case.</summary>
    [Benchmark]
    public void Run() => prepared!.Run();

    /// <summary>Frees the data.</summary>
    [GlobalCleanup]
    public void Cleanup() => prepared?.Dispose();
}

/// <summary>A case as a parameter. BenchmarkDotNet sorts parameters; these keep the list's order.</summary>
public sealed class CaseParameter : IComparable<CaseParameter>, IComparable
{
    private readonly int place;

    internal CaseParameter(BenchCase value, int place) => (Value, this.place) = (value, place);

    internal BenchCase Value { get; }

    /// <inheritdoc/>
    public int CompareTo(CaseParameter? other) => other is null ? 1 : place.CompareTo(other.place);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => CompareTo(obj as CaseParameter);

    /// <inheritdoc/>
    public override string ToString() => $"{Value.Work} {Value.Device} {Value.Variant} {Value.Precision}";
}

internal sealed class WrongAnswerException(string message) : Exception(message);
