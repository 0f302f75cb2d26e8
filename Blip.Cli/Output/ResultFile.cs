using System.Text;
using Blip.Runtime.Files;

namespace Blip.Cli.Output;

/// <summary>
/// The file of <c>--output</c>. Results go to <c>FILE.partial</c>, each as it comes, and that gets the file's name at the end: a kill
/// leaves an older file as it was, and beside it the finished part, which <c>--resume</c> continues.
/// </summary>
internal sealed class ResultFile : IDisposable
{
    private const string Mark = ".partial";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly string path;
    private readonly ReplacedFile? whole;
    private readonly bool replaces, isCopy;
    private readonly long start;
    private bool ended;

    private ResultFile(string path, ReplacedFile? whole, Stream stream, bool replaces, bool isCopy, EarlierResults earlier)
    {
        (this.path, this.whole, this.replaces, this.isCopy, Earlier) = (path, whole, replaces, isCopy, earlier);
        start = whole is null ? 0 : stream.Seek(0, SeekOrigin.End);
        Writer = new StreamWriter(stream, Utf8);
    }

    /// <summary>Takes the results.</summary>
    public StreamWriter Writer { get; }

    /// <summary>An earlier run's finished work.</summary>
    public EarlierResults Earlier { get; }

    /// <summary>Whether records stand in the file already.</summary>
    public bool GoesOn => start > 0;

    /// <summary>Checks that the file can be made, before the model is loaded and without touching existing files.</summary>
    /// <exception cref="UsageException">It cannot, or something would be lost.</exception>
    public static void Check(string path, ResultFileOptions options)
    {
        OutputFile.Check(path);
        if (IsDirect(path) || options.Overwrite || options.Resume)
            return;
        var instead = options.Shape is null ? "--overwrite replaces it" : "--overwrite replaces it, and --resume goes on with it";
        if (File.Exists(path))
            throw new UsageException($"--output is '{path}', which exists: {instead}. Or name another file.");
        if (new FileInfo(ReplacedFile.Target(path) + Mark) is { Exists: true, Length: > 0 } partial)
            throw new UsageException($"'{partial.Name}' beside --output holds the results of a run that did not end: {instead}. Or name another file.");
    }

    /// <summary>Opens the file, and keeps other processes from writing to it.</summary>
    /// <exception cref="UsageException">It cannot be written, something would be lost, or it holds no results to go on with.</exception>
    public static ResultFile Open(string path, string format, ResultFileOptions options)
    {
        Check(path, options);
        try
        {
            if (IsDirect(path))
                return new ResultFile(path, null, new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite), replaces: false, isCopy: false, new EarlierResults());
            path = ReplacedFile.Target(path);
            var partial = path + Mark;
            var isCopy = options.Resume && new FileInfo(partial) is not { Exists: true, Length: > 0 };
            var whole = ReplacedFile.GoOn(path, partial);
            if (options.Resume && (!isCopy || File.Exists(path)))
                return Resumed(path, whole, isCopy, format, options);
            whole.Stream.SetLength(0);
            return new ResultFile(path, whole, whole.Stream, replaces: File.Exists(path), isCopy: false, new EarlierResults());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--output cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Those inputs that have no record yet; says how many have.</summary>
    /// <param name="inputs">All inputs.</param>
    /// <param name="key">An input's key.</param>
    /// <param name="terminal">For the message.</param>
    /// <param name="things">Their name, in the plural.</param>
    public List<T> Left<T>(IReadOnlyCollection<T> inputs, Func<T, string> key, Terminal terminal, string things)
    {
        var left = inputs.Where(input => !Earlier.Holds(key(input))).ToList();
        if (left.Count < inputs.Count)
            terminal.Note($"{inputs.Count - left.Count} of {inputs.Count} {things} have their records in {path} already, and are passed over");
        if (Earlier.Failed > 0)
            terminal.Say($"{Earlier.Failed} of these failed; --retry-failed does them again");
        return left;
    }

    /// <summary>Ends the file: it gets its name, unless the run was interrupted and an older file would be lost.</summary>
    /// <param name="complete">Whether the run came to its end.</param>
    /// <returns>Where the results are, in words; null where they are in the file that was named.</returns>
    public string? Finish(bool complete)
    {
        Writer.Flush();
        if (whole is null)
            return null;
        if (!complete && replaces)
            return $"{path} is as it was, and the new results are in {path}{Mark}";
        whole.Commit();
        ended = true;
        return null;
    }

    /// <summary>Closes the file; without <see cref="Finish"/>, this run's additions stay beside it.</summary>
    public void Dispose()
    {
        if (ended)
            return;
        try
        {
            Writer.Flush();
        }
        catch (IOException)
        {
            // The write before has told of it, and the line that it cut off is cut back by the next run.
        }
        if (whole is not null && whole.Stream.Length == start && (start == 0 || isCopy))
            whole.Discard();
        Writer.BaseStream.Dispose();
    }

    // Written beside the partial file and put in its place at once: a kill meanwhile loses nothing.
    private static ResultFile Resumed(string path, ReplacedFile partial, bool isCopy, string format, ResultFileOptions options)
    {
        using (partial)
        {
            var copy = ReplacedFile.Begin(path);
            try
            {
                // The partial file is locked by this process: it is read through the stream that holds it.
                using var reader = new StreamReader(isCopy ? File.OpenRead(path) : partial.Stream, Utf8, leaveOpen: !isCopy);
                using var writer = new StreamWriter(copy.Stream, Utf8, leaveOpen: true);
                var earlier = EarlierResults.Copy(
                    new EarlierRecords(path, options.Shape!).Read(reader, format), writer, options.RetryFailed,
                    redoLast: !isCopy && (format == "csv" || options.Shape!.IsMany));
                writer.Flush();
                copy.KeepAs(path + Mark);
                return new ResultFile(path, copy, copy.Stream, replaces: false, isCopy, earlier);
            }
            catch
            {
                copy.Dispose();
                if (isCopy)
                    partial.Discard();
                throw;
            }
        }
    }

    // A device, a pipe, or a file without content: nothing is lost, and a pipe must not be replaced by a file.
    private static bool IsDirect(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal) || new FileInfo(path) is { Exists: true, Length: 0 };
}
