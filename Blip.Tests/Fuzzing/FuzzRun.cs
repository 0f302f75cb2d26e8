using System.Diagnostics;
using System.Security.Cryptography;

namespace Blip.Tests.Fuzzing;

/// <summary>
/// Gives damaged files to a reader, and says which it does not take as it should: each is saved, and from then on a test.
/// </summary>
internal static class FuzzRun
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(10);

    /// <summary>Gives one file to a reader; returns the objection to its reaction, or null.</summary>
    /// <remarks>A reader that was slow reads the file again: a busy machine is no fault.</remarks>
    public static string? Objection(FuzzTarget target, byte[] file) => Read(target, file, again: true);

    private static string? Read(FuzzTarget target, byte[] file, bool again)
    {
        var (before, start) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        try
        {
            target.Read(file);
        }
        catch (Exception e) when (e.GetType() == target.Documented)
        {
            if (e.Message.Contains("System.", StringComparison.Ordinal) || e.Message.Contains("Parameter '", StringComparison.Ordinal))
                return $"the message shows the program's inside: {e.Message}";
        }
        catch (Exception e)
        {
            return e.ToString();
        }
        var (took, bytes) = (Stopwatch.GetElapsedTime(start), GC.GetAllocatedBytesForCurrentThread() - before);
        return took > Slow && again ? Read(target, file, again: false)
            : took > Slow ? $"it took {took.TotalSeconds:0.0} s"
            : bytes > target.MostBytes + (1000L * file.Length) ? $"it took {bytes >> 20} MiB"
            : null;
    }

    /// <summary>
    /// Gives so many damaged files to a reader, or as many as it takes in a time; the first that is taken wrongly is saved and named.
    /// </summary>
    /// <returns>How many there were.</returns>
    public static long Run(FuzzTarget target, int number, long executions, TimeSpan time)
    {
        var mutator = new Mutator(target.Seeds, number);
        var (begin, current, since, done) = (Stopwatch.GetTimestamp(), (byte[])[], Stopwatch.GetTimestamp(), 0L);
        string? objection = null;
        // A separate thread: a reader that hangs is seen from here.
        var thread = new Thread(() =>
        {
            for (; done < executions && objection is null && Stopwatch.GetElapsedTime(begin) < time; done++)
            {
                current = mutator.Next();
                Volatile.Write(ref since, Stopwatch.GetTimestamp());
                objection = Objection(target, current);
            }
        })
        { IsBackground = true };
        thread.Start();
        while (!thread.Join(TimeSpan.FromMilliseconds(200)))
        {
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref since)) > 3 * Slow)
            {
                objection = $"it does not end within {3 * Slow.TotalSeconds} s";
                break;
            }
        }
        if (objection is not null)
            Assert.Fail($"{target.Name}: {Save(target, current)}: {objection}");
        return done;
    }

    private static string Save(FuzzTarget target, byte[] file)
    {
        Directory.CreateDirectory(target.Folder);
        var path = Path.Combine(target.Folder, $"found-{Convert.ToHexStringLower(SHA256.HashData(file))[..12]}.bin");
        File.WriteAllBytes(path, file);
        return path;
    }
}
