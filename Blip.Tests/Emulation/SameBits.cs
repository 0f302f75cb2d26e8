using System.Text.RegularExpressions;

namespace Blip.Tests.Emulation;

/// <summary>A kernel's text proves about two of the faults that its results cannot depend on the line. Lines hold single spaces.</summary>
internal static partial class SameBits
{
    private const string Barrier = "bar.sync 0;";

    /// <summary>
    /// Whether a barrier keeps nothing apart. On every way from the barrier before, threads do no more in memory than read shared memory
    /// and parameters; on every way to the barrier behind, none writes shared memory. Accesses before the previous barrier are over by
    /// then.
    /// </summary>
    public static bool WithoutBarrier(string[] text, int line)
    {
        if (text[line] != Barrier || Ways(text) is not { } ways)
            return false;
        var before = Reached(text, line, at => Enumerable.Range(0, text.Length).Where(from => ways[from].Contains(at)));
        return before.All(at => ReadsGroup().IsMatch(text[at]) || !Touches().IsMatch(text[at]))
            && Reached(text, line, at => ways[at]).All(at => LeavesGroup().IsMatch(text[at]) || !Touches().IsMatch(text[at]));
    }

    /// <summary>
    /// Whether <c>start &lt;= end</c> for <c>start &lt; end</c> adds one empty part to a sum and ends: the part's own loop runs to the
    /// lesser of something and the end, and so not at all from there; a sum that began at +0 is never -0, and stays as it is with +0 added;
    /// the stride is the group's size, shifted, and not 0, so that the next start is behind the end. A row is shorter than 2³¹ less a
    /// stride: the start after its last part must be an integer with or without the fault. Outside the loop the part's changes are not
    /// read.
    /// </summary>
    public static bool WithOneEmptyPart(string[] text, int line)
    {
        var first = line - 1;
        while (first > 0 && text[first].Length == 0)
            first--;
        var last = Array.FindIndex(text, line, at => at == $"bra {text[first].TrimEnd(':')};");
        if (!text[first].EndsWith(':') || last < 0)
            return false;
        var part = Part().Match(string.Join('\n', text[line..(last + 1)].Where(at => at.Length > 0)));
        if (!part.Success)
            return false;
        string Of(string name) => part.Groups[name].Value;
        string[] outside = [.. text[..first], .. text[(last + 1)..]];
        return new[] { "start", "ahead", "stop", "c", "block", "sum2", "next", "p", "q" }
            .All(name => !outside.Any(at => Reads(at, Of(name))))
            && text.Where(at => Writes(at, Of("sum")))
                .All(at => at == $"mov.f32 {Of("sum")}, 0f00000000;" || at == $"mov.f32 {Of("sum")}, {Of("sum2")};")
            && text.Count(at => Writes(at, Of("sum2"))) == 1
            && text.Where(at => Writes(at, Of("stride"))).ToArray() is [var stride]
            && Regex.Match(stride, @"^shl\.b32 %r\d+, (%r\d+), 1?\d;$") is { Success: true } shifted
            && text.Where(at => Writes(at, shifted.Groups[1].Value)).ToArray() is [var size]
                && size.EndsWith(", %ntid.x;", StringComparison.Ordinal);
    }

    // Where each line goes on; null where the text does not say.
    private static List<int>[]? Ways(string[] text)
    {
        var ways = new List<int>[text.Length];
        for (var line = 0; line < text.Length; line++)
        {
            var branch = Branch().Match(text[line]);
            var target = branch.Success ? Array.IndexOf(text, branch.Groups[2].Value + ":") : -1;
            if (text[line].Contains("brx", StringComparison.Ordinal) || text[line].Contains("call", StringComparison.Ordinal)
                || (branch.Success && target < 0))
                return null;
            var ends = text[line] is "ret;" or "exit;" || (branch.Success && branch.Groups[1].Length == 0);
            ways[line] = [.. branch.Success ? [target] : Array.Empty<int>(),
                .. ends || line + 1 == text.Length ? Array.Empty<int>() : [line + 1]];
        }
        return ways;
    }

    // The lines on the ways from one, up to other barriers.
    private static HashSet<int> Reached(string[] text, int line, Func<int, IEnumerable<int>> next)
    {
        var (reached, open) = (new HashSet<int>(), new Stack<int>([line]));
        while (open.TryPop(out var at))
        {
            foreach (var other in next(at).Where(other => text[other] != Barrier && reached.Add(other)))
                open.Push(other);
        }
        return reached;
    }

    private static bool Writes(string line, string register) => Regex.IsMatch(line, $@"^(@!?%p\d+ )?[\w.]+ (\{{[^}}]*)?{register}\b[^\]]");

    private static bool Reads(string line, string register) =>
        !line.StartsWith('.') && Regex.Matches(line, $@"{register}\b").Count > (Writes(line, register) ? 1 : 0);

    [GeneratedRegex(@"^(@!?%p\d+ )?bra(?:\.uni)? (\w+);$")]
    private static partial Regex Branch();

    // Instructions that touch memory or other threads.
    [GeneratedRegex(@"^(@!?%p\d+ )?(ld|st|atom|red|cp|bar|barrier|membar|fence|mbarrier|wgmma|ldmatrix|stmatrix|prefetchu?|tex|suld|sust|sured)\.")]
    private static partial Regex Touches();

    [GeneratedRegex(@"^(@!?%p\d+ )?ld\.(shared|param)\.")]
    private static partial Regex ReadsGroup();

    [GeneratedRegex(@"^(@!?%p\d+ )?(ld\.(shared|param|global)|st\.global)\.")]
    private static partial Regex LeavesGroup();

    [GeneratedRegex("""
        ^setp\.ge\.s32 (?<p>%p\d+), (?<start>%r\d+), (?<end>%r\d+);
        @\k<p> bra \w+;
        add\.s32 (?<ahead>%r\d+), \k<start>, %r\d+;
        min\.s32 (?<stop>%r\d+), \k<ahead>, \k<end>;
        (?:mov\.b32 (?<c>%r\d+), \k<start>;
        mov\.f32 (?<block>%f\d+), 0f00000000;|mov\.f32 (?<block>%f\d+), 0f00000000;
        mov\.b32 (?<c>%r\d+), \k<start>;)
        \w+:
        setp\.ge\.s32 (?<q>%p\d+), \k<c>, \k<stop>;
        @\k<q> bra (?<behind>\w+);
        [^$]*
        \k<behind>:
        add\.f32 (?<sum2>%f\d+), (?<sum>%f\d+), \k<block>;
        add\.s32 (?<next>%r\d+), \k<start>, (?<stride>%r\d+);
        (?:mov\.f32 \k<sum>, \k<sum2>;
        mov\.b32 \k<start>, \k<next>;|mov\.b32 \k<start>, \k<next>;
        mov\.f32 \k<sum>, \k<sum2>;)
        bra \w+;$
        """)]
    private static partial Regex Part();
}
