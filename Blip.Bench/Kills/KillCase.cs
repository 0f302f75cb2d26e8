namespace Blip.Bench.Kills;

/// <summary>A command that writes, and the conditions on its files after each kill.</summary>
/// <param name="folder">A separate folder.</param>
internal abstract class KillCase(string folder)
{
    /// <summary>The command's name in the table.</summary>
    public abstract string Name { get; }

    /// <summary>The command line of the next run.</summary>
    public abstract IReadOnlyList<string> Arguments { get; }

    /// <summary>The folder.</summary>
    protected string Folder => folder;

    /// <summary>Command lines that run once before, such as one that makes the data.</summary>
    public virtual IEnumerable<IReadOnlyList<string>> Preparations => [];

    /// <summary>Looks at the files after a run, killed or not.</summary>
    /// <param name="ended">Whether the run came to its end.</param>
    /// <returns>How much is finished.</returns>
    /// <exception cref="LossException">Something that was finished is lost or damaged.</exception>
    public abstract int Check(bool ended);

    /// <summary>Begins anew, after a run that came to its end.</summary>
    public abstract void Reset();

    /// <summary>A file in the folder.</summary>
    protected string At(string name) => Path.Combine(folder, name);

    /// <summary>Compares finished results with earlier ones.</summary>
    protected static void Expect(IReadOnlySet<string> before, IReadOnlySet<string> now)
    {
        if (before.FirstOrDefault(item => !now.Contains(item)) is { } lost)
            throw new LossException($"'{lost}' was finished, and is lost ({before.Count} before, {now.Count} now)");
    }

    /// <summary>Copies of the demo's samples.</summary>
    protected static void CopySamples(string to, int count)
    {
        Directory.CreateDirectory(to);
        var samples = Directory.GetFiles(Reporting.Checkout.Path("weights/samples", "the samples"), "*.png").Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < count; i++)
            File.Copy(samples[i % samples.Length], Path.Combine(to, $"{i:0000}.png"));
    }
}

/// <summary>Something that was finished is lost or damaged.</summary>
internal sealed class LossException(string message) : Exception(message);
