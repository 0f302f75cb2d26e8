using System.Text;
using Blip.Runtime.Files;

namespace Blip.Cli.Output;

/// <summary>
/// The file of <c>--output</c>. Results go to <c>FILE.partial</c>, which is renamed at the end. A kill leaves
/// an older file as it was, and beside it the finished part, which <c>--resume</c> continues.
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

    public StreamWriter Writer { get; }

    public EarlierResults Earlier { get; }

    /// <summary>Whether the file already has records.</summary>
    public bool GoesOn => start > 0;

    /// <summary>Checks, before the model is loaded, that the file can be created. Existing files stay untouched.</summary>
    /// <exception cref="UsageException">It cannot be created, or data would be lost.</exception>
    public static void Check(string path, ResultFileOptions options)
    {
        OutputFile.Check(path);
        if (IsDirect(path) || options.Overwrite || options.Resume)
            return;
        var instead = options.Shape is null ? "--overwrite replaces it" : "--overwrite replaces it, and --resume goes on with it";
        if (File.Exists(path))
            throw new UsageException($"--output is '{path}', which exists: {instead}. Or name another file.");
        if (new FileInfo(ReplacedFile.Target(path) + Mark) is { Exists: true, Length: > 0 } partial)
            throw new UsageException(
                $"'{partial.Name}' beside --output holds the results of a run that did not end: {instead}. Or name another file.");
    }

    /// <summary>Opens the file and locks out other processes.</summary>
    /// <exception cref="UsageException">It cannot be written, data would be lost, or there are no results to resume.</exception>
    public static ResultFile Open(string path, string format, ResultFileOptions options)
    {
        Check(path, options);
        try
        {
            if (IsDirect(path))
                return new ResultFile(path, null, new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite),
                    replaces: false, isCopy: false, new EarlierResults());
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
            throw new UsageException($"--output cannot be written: {FailureReason.WithPath(e)}.", e);
        }
    }

    /// <summary>The inputs without a record; reports how many have one. <paramref name="things"/> is their plural.</summary>
    public List<T> Left<T>(IReadOnlyCollection<T> inputs, Func<T, string> key, Terminal terminal, string things)
    {
        var left = inputs.Where(input => !Earlier.Holds(key(input))).ToList();
        if (left.Count < inputs.Count)
            terminal.Note($"{inputs.Count - left.Count} of {inputs.Count} {things} have their records in {path} already, and are passed "
                + $"over");
        if (Earlier.Failed > 0)
            terminal.Say($"{Earlier.Failed} of these failed; --retry-failed does them again");
        return left;
    }

    /// <summary>
    /// Ends the file: renames it, unless the run was interrupted and an older file would be lost. Returns
    /// where the results are, or null for the named file.
    /// </summary>
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
            // The earlier write reported the error, and the next run drops the incomplete line.
        }
        if (whole is not null && whole.Stream.Length == start && (start == 0 || isCopy))
            whole.Discard();
        Writer.BaseStream.Dispose();
    }

    // Written beside the partial file, which it then replaces atomically: a kill loses nothing.
    private static ResultFile Resumed(string path, ReplacedFile partial, bool isCopy, string format, ResultFileOptions options)
    {
        using (partial)
        {
            var copy = ReplacedFile.Begin(path);
            try
            {
                // This process has locked the partial file, so it is read through the locked stream.
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

    // A device, a pipe or an empty file: nothing is lost, and a file must not replace a pipe.
    private static bool IsDirect(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal)
            || new FileInfo(path) is { Exists: true, Length: 0 };
}
