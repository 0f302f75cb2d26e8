using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Checkpoints;

/// <summary>A source with its tensors under our names (<see cref="CheckpointKeys"/>).</summary>
internal sealed class RenamedTensorSource : ITensorSource
{
    private readonly ITensorSource source;
    private readonly Dictionary<string, TensorInfo> tensors = [];
    private readonly Dictionary<string, string> names = [];

    private RenamedTensorSource(ITensorSource source, string prefix)
    {
        this.source = source;
        if (prefix.Length > 0)
            Notices = [$"{source.Description}: the names of all tensors begin with '{prefix}', as a wrapper of the model leaves them: it "
                + $"is taken off"];
        foreach (var key in source.Keys)
        {
            var name = CheckpointKeys.Canonical(key[prefix.Length..]);
            if (!names.TryAdd(name, key))
                throw new CheckpointException(
                    $"{source.Description}: the tensors '{key}' and '{names[name]}' are the same one under its old and its new name; "
                        + $"remove one of them.");
            tensors.Add(name, source.Get(key) with { Key = name });
        }
    }

    public string Description => source.Description;

    public IReadOnlyList<string> Files => source.Files;

    public IReadOnlyList<string> Notices { get; } = [];

    public IReadOnlyCollection<string> Keys => names.Keys;

    /// <summary>Returns the source itself where no name changes. Takes ownership of the source, even on refusal.</summary>
    /// <exception cref="CheckpointException">Two tensors have one name, or belong to an adapter.</exception>
    public static ITensorSource Wrap(ITensorSource source)
    {
        try
        {
            if (source.Keys.Any(key => key.Contains(LoraAdapter.DownSuffix, StringComparison.Ordinal)))
                throw new CheckpointException($"{source.Description}: {LoraAdapter.NotModel}.");
            var prefix = CheckpointKeys.SharedPrefix(source.Keys);
            return prefix.Length == 0 && source.Keys.All(key => CheckpointKeys.Canonical(key) == key)
                ? source
                : new RenamedTensorSource(source, prefix);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info) => tensors.TryGetValue(key, out info);

    public void Read(string key, long firstElement, Span<float> destination) =>
        source.Read(names[this.Get(key).Key], firstElement, destination);

    public void Dispose() => source.Dispose();
}
