namespace Blip.Runtime.Checkpoints;

/// <summary>
/// The folder in which Hugging Face's tools keep their downloads: <c>models--owner--name/refs/main</c> names a folder of
/// <c>models--owner--name/snapshots</c>, whose files link to <c>blobs</c>. The network is never asked.
/// </summary>
internal sealed class HubCache
{
    /// <summary>The revision that is meant where none is named.</summary>
    public const string MainBranch = "main";

    /// <summary>The pattern of the folders' names of all models.</summary>
    public const string FolderPattern = $"{FolderStart}*";

    private const string FolderStart = "models--";
    private const int LongestName = 96;

    /// <summary>A cache in a folder, which need not exist.</summary>
    public HubCache(string folder) => Folder = folder;

    /// <summary>The cache's folder.</summary>
    public string Folder { get; }

    /// <summary>The user's cache: <c>HF_HUB_CACHE</c> or its older names <c>HUGGINGFACE_HUB_CACHE</c> and <c>TRANSFORMERS_CACHE</c>, else <c>HF_HOME/hub</c>, else <c>~/.cache/huggingface/hub</c>.</summary>
    /// <param name="variable">Reads an environment variable; the process's own where it is null.</param>
    public static HubCache FromEnvironment(Func<string, string?>? variable = null)
    {
        var read = Reader(variable);
        return new HubCache(
            read("HF_HUB_CACHE") ?? read("HUGGINGFACE_HUB_CACHE") ?? read("TRANSFORMERS_CACHE") ?? Path.Combine(Home(variable), "hub"));
    }

    /// <summary>The folder of Hugging Face's tools, in which their token lies too: <c>HF_HOME</c>, else <c>~/.cache/huggingface</c>.</summary>
    /// <param name="variable">Reads an environment variable; the process's own where it is null.</param>
    public static string Home(Func<string, string?>? variable = null)
    {
        var read = Reader(variable);
        return read("HF_HOME") ?? Path.Combine(read("XDG_CACHE_HOME") ?? Path.Combine(UserFolder(variable), ".cache"), "huggingface");
    }

    /// <summary>True for a possible name on the hub: <c>owner/name</c>, of letters, digits, hyphens, dots and underscores.</summary>
    public static bool IsName(string text) =>
        text.Split('/') is [var owner, var name] && IsPart(owner) && IsPart(name);

    /// <summary>Why a name or a revision can be none, for people; null where they can be.</summary>
    public static string? Objection(string name, string revision) =>
        !IsName(name) ? $"'{name}' is no name on the Hugging Face hub, such as Salesforce/blip-image-captioning-base."
        : !revision.Split('/').All(IsPart) ? $"'{revision}' is no revision of a model: give a branch, a tag or a commit."
        : null;

    /// <summary>The folder of everything that is kept of a model.</summary>
    /// <param name="name">The model; it is one that <see cref="IsName"/> takes.</param>
    public string ModelFolder(string name) => Path.Combine(Folder, FolderName(name));

    /// <summary>The name of that folder, and the folder of the model's locks.</summary>
    public static string FolderName(string name) => FolderStart + name.Replace("/", "--", StringComparison.Ordinal);

    /// <summary>The model whose folder has a name; null where it is no model's.</summary>
    public static string? NameOf(string folder) =>
        folder.StartsWith(FolderStart, StringComparison.Ordinal) && folder[FolderStart.Length..].Split("--") is [var owner, var name]
        && IsName($"{owner}/{name}")
            ? $"{owner}/{name}"
            : null;

    /// <summary>The folder with a model's files.</summary>
    /// <param name="name">The model.</param>
    /// <param name="revision">A branch, a tag, or a whole commit.</param>
    /// <exception cref="CheckpointException">The name or the revision is none, or the model is not in the cache; the message says how to get it.</exception>
    public string Find(string name, string revision = MainBranch)
    {
        if (Objection(name, revision) is { } objection)
            throw new CheckpointException(objection);
        return TryFind(name, revision, out var why) ?? throw Absent(name, revision, why!);
    }

    /// <summary>The folder with a model's files; null where the cache has it not.</summary>
    /// <param name="name">The model.</param>
    /// <param name="revision">A branch, a tag, or a whole commit.</param>
    /// <param name="why">The missing part.</param>
    /// <exception cref="CheckpointException">The file that names the commit is damaged.</exception>
    public string? TryFind(string name, string revision, out string? why)
    {
        why = null;
        var folder = ModelFolder(name);
        if (Directory.Exists(Path.Combine(folder, "snapshots", revision)))
            return Path.Combine(folder, "snapshots", revision);
        var reference = Path.Combine(folder, "refs", revision);
        if (!File.Exists(reference))
        {
            why = $"'{folder}' has no refs/{revision}";
            return null;
        }
        var snapshot = Path.Combine(folder, "snapshots", ReadReference(reference));
        if (Directory.Exists(snapshot))
            return snapshot;
        why = $"'{snapshot}' does not exist";
        return null;
    }

    private static Func<string, string?> Reader(Func<string, string?>? variable) => name => Variable(variable, name) switch
    {
        null or "" => null,
        ['~', '/', ..] or "~" => UserFolder(variable) + Variable(variable, name)![1..],
        var value => value,
    };

    private static string UserFolder(Func<string, string?>? variable) =>
        Variable(variable, "HOME") is { Length: > 0 } home ? home : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static string? Variable(Func<string, string?>? variable, string name) =>
        variable is null ? Environment.GetEnvironmentVariable(name) : variable(name);

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
        new($"The model {name} is not in the Hugging Face cache ({why}). Nothing is downloaded by itself; get it with: blip pull {name}"
            + (revision == MainBranch ? "" : $" --revision {revision}"));
}
