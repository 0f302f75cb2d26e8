namespace Blip.Tests.Fuzzing;

/// <summary>A reader of users' files, for damaged ones: it reads them, or refuses them with the exception that it documents.</summary>
/// <param name="Name">Its name on the command line; findings are saved in <c>eng/fuzz/seeds/NAME</c>.</param>
/// <param name="Valid">Whole files, which the first copies are made from.</param>
/// <param name="Read">Reads a file.</param>
/// <param name="Documented">The exception that refuses a file; null where a flaw is no exception.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Valid, Action<byte[]> Read, Type? Documented)
{
    /// <summary>Executions in CI, for a few seconds each; the command line asks for more.</summary>
    public int Executions { get; init; } = 2_000;

    /// <summary>The most bytes that a reader may take for a file, beside a multiple of the file's own length.</summary>
    public long MostBytes { get; init; } = 64 << 20;

    /// <summary>The folder of saved findings.</summary>
    public string Folder => Repository.Absolute(Path.Combine("eng", "fuzz", "seeds", Name));

    /// <summary>Whole files and saved findings.</summary>
    public IReadOnlyList<byte[]> Seeds =>
        [.. Valid, .. Directory.Exists(Folder)
            ? Directory.EnumerateFiles(Folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)
            : []];

    /// <inheritdoc/>
    public override string ToString() => Name;
}
