using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// The download folder of Hugging Face's tools: <c>models--owner--name/refs/main</c> names a folder of
/// <c>models--owner--name/snapshots</c>, whose files link to <c>blobs</c>. It never uses the network.
/// </summary>
internal sealed class HubCache
{
    public const string MainBranch = "main";

    /// <summary>Matches all models' folders.</summary>
    public const string FolderPattern = $"{FolderStart}*";

    private const string FolderStart = "models--";
    private const int LongestName = 96;

    /// <summary>The folder need not exist.</summary>
    public HubCache(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>
    /// The user's cache: <c>HF_HUB_CACHE</c>, its older names <c>HUGGINGFACE_HUB_CACHE</c> and <c>TRANSFORMERS_CACHE</c>, or <c>hub</c> in
    /// <see cref="Home"/>.
    /// </summary>
    /// <param name="variable">Reads environment variables; null for the process's.</param>
    public static HubCache FromEnvironment(Func<string, string?>? variable = null)
    {
        var read = Reader(variable);
        return new HubCache(
            read("HF_HUB_CACHE") ?? read("HUGGINGFACE_HUB_CACHE") ?? read("TRANSFORMERS_CACHE") ?? Path.Combine(Home(variable), "hub"));
    }

    /// <summary>
    /// The folder of Hugging Face's tools and their token: <c>HF_HOME</c>, else <c>huggingface</c> in <c>XDG_CACHE_HOME</c> or
    /// <c>~/.cache</c>.
    /// </summary>
    /// <param name="variable">Reads environment variables; null for the process's.</param>
    public static string Home(Func<string, string?>? variable = null)
    {
        var read = Reader(variable);
        return read("HF_HOME") ?? Path.Combine(read("XDG_CACHE_HOME") ?? Path.Combine(UserFolder(variable), ".cache"), "huggingface");
    }

    /// <summary>True for a valid hub name: <c>owner/name</c>, of letters, digits, hyphens, dots and underscores.</summary>
    public static bool IsName(string text) =>
        text.Split('/') is [var owner, var name] && IsPart(owner) && IsPart(name);

    /// <summary>The error for an invalid name or revision; null for none.</summary>
    public static string? Objection(string name, string revision) =>
        !IsName(name) ? $"'{name}' is no name on the Hugging Face hub, such as Salesforce/blip-image-captioning-base."
        : !revision.Split('/').All(IsPart) ? $"'{revision}' is no revision of a model: give a branch, a tag or a commit."
        : null;

    /// <summary><see cref="IsName"/> must accept the name.</summary>
    public string ModelFolder(string name) => Path.Combine(Folder, FolderName(name));

    /// <summary>The name of a model's folders of files and locks.</summary>
    public static string FolderName(string name) => FolderStart + name.Replace("/", "--", StringComparison.Ordinal);

    /// <summary>The model of a folder's name; null for other folders.</summary>
    public static string? NameOf(string folder) =>
        folder.StartsWith(FolderStart, StringComparison.Ordinal) && folder[FolderStart.Length..].Split("--") is [var owner, var name]
        && IsName($"{owner}/{name}")
            ? $"{owner}/{name}"
            : null;

    /// <summary>The folder with a model's files of a branch, a tag, or a whole commit.</summary>
    /// <exception cref="CheckpointException">The name or revision is invalid, or the model is not cached.</exception>
    public string Find(string name, string revision = MainBranch)
    {
        if (Objection(name, revision) is { } objection)
            throw new CheckpointException(objection);
        return TryFind(name, revision, out var why) ?? throw Absent(name, revision, why!);
    }

    /// <summary>As <see cref="Find"/>, but null with a reason where the cache lacks the model.</summary>
    /// <exception cref="CheckpointException">The reference is damaged.</exception>
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
            throw new CheckpointException($"{path}: the file cannot be read: {FailureReason.Of(e, path)}.", e);
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
