namespace Blip.Runtime.Checkpoints;

/// <summary>
/// The folder in which Hugging Face's tools keep what they downloaded: <c>models--owner--name/refs/main</c> names a folder of
/// <c>models--owner--name/snapshots</c>, whose files link to <c>blobs</c>. Read only; the network is never asked.
/// </summary>
internal sealed class HubCache
{
    /// <summary>The revision that is meant where none is named.</summary>
    public const string MainBranch = "main";

    private const int LongestName = 96;

    /// <summary>A cache in a folder, which need not exist.</summary>
    public HubCache(string folder) => Folder = folder;

    /// <summary>The cache's folder.</summary>
    public string Folder { get; }

    /// <summary>The user's cache: <c>HF_HUB_CACHE</c> or its older names <c>HUGGINGFACE_HUB_CACHE</c> and <c>TRANSFORMERS_CACHE</c>, else <c>HF_HOME/hub</c>, else <c>~/.cache/huggingface/hub</c>.</summary>
    /// <param name="variable">Reads an environment variable; the process's own where it is null.</param>
    public static HubCache FromEnvironment(Func<string, string?>? variable = null)
    {
        variable ??= Environment.GetEnvironmentVariable;
        if ((Read("HF_HUB_CACHE") ?? Read("HUGGINGFACE_HUB_CACHE") ?? Read("TRANSFORMERS_CACHE")) is { } cache)
            return new HubCache(cache);
        var caches = Read("XDG_CACHE_HOME") ?? Path.Combine(UserFolder(), ".cache");
        return new HubCache(Path.Combine(Read("HF_HOME") ?? Path.Combine(caches, "huggingface"), "hub"));

        string? Read(string name) => variable(name) switch
        {
            null or "" => null,
            ['~', '/', ..] or "~" => UserFolder() + variable(name)![1..],
            var value => value,
        };

        string UserFolder() => variable("HOME") is { Length: > 0 } home ? home : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
    }

    /// <summary>True for what can be a name on the hub: <c>owner/name</c>, of letters, digits, hyphens, dots and underscores.</summary>
    public static bool IsName(string text) =>
        text.Split('/') is [var owner, var name] && IsPart(owner) && IsPart(name);

    /// <summary>The folder with a model's files.</summary>
    /// <param name="name">The model.</param>
    /// <param name="revision">A branch, a tag, or a whole commit.</param>
    /// <exception cref="CheckpointException">The name or the revision is none, or the model is not in the cache; the message says how to get it.</exception>
    public string Find(string name, string revision = MainBranch)
    {
        if (!IsName(name))
            throw new CheckpointException($"'{name}' is no name on the Hugging Face hub, such as Salesforce/blip-image-captioning-base.");
        var folder = Path.Combine(Folder, $"models--{name.Replace("/", "--", StringComparison.Ordinal)}");
        if (!revision.Split('/').All(IsPart))
            throw new CheckpointException($"'{revision}' is no revision of a model: give a branch, a tag or a commit.");
        if (Directory.Exists(Path.Combine(folder, "snapshots", revision)))
            return Path.Combine(folder, "snapshots", revision);
        var reference = Path.Combine(folder, "refs", revision);
        if (!File.Exists(reference))
            throw Absent(name, revision, $"'{folder}' has no refs/{revision}");
        var commit = ReadReference(reference);
        var snapshot = Path.Combine(folder, "snapshots", commit);
        return Directory.Exists(snapshot) ? snapshot : throw Absent(name, revision, $"'{snapshot}' does not exist");
    }

    private static string ReadReference(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            var commit = reader.ReadLine()?.Trim() ?? "";
            return commit.Length is > 0 and <= LongestName && commit.All(char.IsAsciiLetterOrDigit)
                ? commit
                : throw new CheckpointException($"{path}: the file names no commit; remove the model's folder and download it again.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: the file cannot be read: {e.Message.TrimEnd('.')}.", e);
        }
    }

    private static bool IsPart(string text) =>
        text.Length is > 0 and <= LongestName
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        && text[0] is not ('.' or '-') && text[^1] is not ('.' or '-')
        && !text.Contains("..", StringComparison.Ordinal) && !text.Contains("--", StringComparison.Ordinal);

    private static CheckpointException Absent(string name, string revision, string why) =>
        new($"The model {name} is not in the Hugging Face cache ({why}). Nothing is downloaded here; get it with: hf download {name}"
            + (revision == MainBranch ? "" : $" --revision {revision}"));
}
