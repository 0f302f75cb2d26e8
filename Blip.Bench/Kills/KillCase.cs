namespace Blip.Bench.Kills;

/// <summary>A command that writes, and the conditions on its files after each kill.</summary>
internal abstract class KillCase(string folder)
{
    /// <summary>The command's name in the table.</summary>
    public abstract string Name { get; }

    /// <summary>The next run's command line.</summary>
    public abstract IReadOnlyList<string> Arguments { get; }

    protected string Folder => folder;

    /// <summary>Command lines that run once before, for example to make data.</summary>
    public virtual IEnumerable<IReadOnlyList<string>> Preparations => [];

    /// <summary>Checks the files after a run, killed or ended.</summary>
    /// <returns>The number of finished results.</returns>
    /// <exception cref="LossException">A finished result is lost or damaged.</exception>
    public abstract int Check(bool ended);

    /// <summary>Starts over after a finished run.</summary>
    public abstract void Reset();

    protected string At(string name) => Path.Combine(folder, name);

    /// <summary>Checks that no earlier result is lost.</summary>
    protected static void Expect(IReadOnlySet<string> before, IReadOnlySet<string> now)
    {
        if (before.FirstOrDefault(item => !now.Contains(item)) is { } lost)
            throw new LossException($"'{lost}' was finished, and is lost ({before.Count} before, {now.Count} now)");
    }

    protected static void CopySamples(string to, int count)
    {
        Directory.CreateDirectory(to);
        var samples = Directory.GetFiles(Reporting.Checkout.Path("weights/samples", "the samples"), "*.png").Order(StringComparer.Ordinal)
            .ToArray();
        for (var i = 0; i < count; i++)
            File.Copy(samples[i % samples.Length], Path.Combine(to, $"{i:0000}.png"));
    }
}

/// <summary>A finished result is lost or damaged.</summary>
internal sealed class LossException(string message) : Exception(message);
