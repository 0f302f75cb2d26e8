using System.Globalization;
using System.Text.RegularExpressions;

namespace Blip.Tests.Emulation;

/// <summary>One mistake in one line of a kernel's PTX, such as one makes when writing a kernel.</summary>
/// <param name="Kind">The kind of fault.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Before">The old line.</param>
/// <param name="After">The new line.</param>
internal sealed partial record PlantedFault(string Kind, int Line, string Before, string After)
{
    // Each takes a line and gives the wrong one, or null where the mistake cannot be made there.
    private static readonly (string Name, Func<string, string?> Plant)[] AllKinds =
    [
        ("barrier dropped", line => line.StartsWith("bar.sync", StringComparison.Ordinal) ? "" : null),
        ("wait leaves one copy more in flight", line => Number(line, "cp.async.wait_group ", number => number + 1)),
        ("wait for copies dropped", line => line.StartsWith("cp.async.wait", StringComparison.Ordinal) ? "" : null),
        ("commit of copies dropped", line => line.StartsWith("cp.async.commit_group", StringComparison.Ordinal) ? "" : null),
        ("global store dropped", line => line.StartsWith("st.global", StringComparison.Ordinal) ? "" : null),
        ("shared store dropped", line => line.StartsWith("st.shared", StringComparison.Ordinal) ? "" : null),
        ("shared store one element on", line => line.StartsWith("st.shared", StringComparison.Ordinal) ? Further(line) : null),
        ("shared load one element on", line => line.StartsWith("ld.shared", StringComparison.Ordinal) ? Further(line) : null),
        ("global load one element on", line => line.StartsWith("ld.global", StringComparison.Ordinal) ? Further(line) : null),
        ("global store one element on", line => line.StartsWith("st.global", StringComparison.Ordinal) ? Further(line) : null),
        ("load not aligned", line => Regex.IsMatch(line, @"^ld\.(global|shared)\.\w*(32|64)") ? Further(line, 1) : null),
        ("index off by one", line => OffByOne(line)),
        ("stride doubled", line => Stride().IsMatch(line)
            ? Stride().Replace(line, match => $"{match.Groups[1]}{2 * Parse(match.Groups[2])}{match.Groups[3]}", 1)
            : null),
        ("shift by one more", line =>
            Shift().IsMatch(line) ? Shift().Replace(line, match => $"{match.Groups[1]}{Parse(match.Groups[2]) + 1};", 1) : null),
        ("end of a range off by one", line => Swap(line, "setp", ".lt.s", ".le.s") ?? Swap(line, "setp", ".ge.s", ".gt.s")),
        ("comparison turned round", line => Swap(line, "setp", ".lt.", ".gt.") ?? Swap(line, "setp", ".ge.", ".le.")),
        ("guard negated", line =>
            line.StartsWith("@!", StringComparison.Ordinal) ? "@" + line[2..] : line.StartsWith('@') ? "@!" + line[1..] : null),
        ("branch dropped", line => line.StartsWith('@') && line.Contains("bra", StringComparison.Ordinal) ? "" : null),
        ("minimum for maximum", line => Swap(line, "max.", "max.", "min.") ?? Swap(line, "min.", "min.", "max.")),
        ("choice swapped", line => Choice().IsMatch(line) ? Choice().Replace(line, "$1$3, $2, $4") : null),
        ("sum forgotten", line => FloatSum().IsMatch(line) ? FloatSum().Replace(line, "$1$2, 0f00000000;") : null),
        ("sign wrong", line => Swap(line, "add.f32", "add.", "sub.") ?? Swap(line, "sub.f32", "sub.", "add.")),
        ("accumulator forgotten", line => FusedSum().IsMatch(line) ? FusedSum().Replace(line, "$1 0f00000000;") : null),
        ("group for thread", line =>
            line.Contains("%tid.x", StringComparison.Ordinal) ? line.Replace("%tid.x", "%ctaid.x", StringComparison.Ordinal) : null),
        ("thread for group", line =>
            line.Contains("%ctaid.x", StringComparison.Ordinal) ? line.Replace("%ctaid.x", "%tid.x", StringComparison.Ordinal) : null),
        ("mask too small", line =>
            Mask().IsMatch(line) ? Mask().Replace(line, match => $"{match.Groups[1]}{Parse(match.Groups[2]) >> 1};") : null),
        ("quotient for remainder", line => Swap(line, "rem.", "rem.", "div.")),
        ("swizzle dropped", line => Xor().IsMatch(line) ? Xor().Replace(line, "mov.b32 $1, $2;") : null),
        ("fragments of A swapped", line => line.StartsWith("mma.", StringComparison.Ordinal) ? SwapFirst(line, 1) : null),
        ("fragments of B swapped", line => line.StartsWith("mma.", StringComparison.Ordinal) ? SwapFirst(line, 2) : null),
        ("fragments of the sum swapped", line => line.StartsWith("mma.", StringComparison.Ordinal) ? SwapFirst(line, 3) : null),
        ("matrix not transposed", line => line.StartsWith("ldmatrix", StringComparison.Ordinal)
            ? line.Contains(".trans", StringComparison.Ordinal)
                ? line.Replace(".trans", "", StringComparison.Ordinal) : line.Replace(".shared", ".trans.shared", StringComparison.Ordinal)
                : null),
        // Off by one would not do: a butterfly of odd distances still adds all lanes up.
        ("half the distance of a shuffle",
            line => line.StartsWith("shfl", StringComparison.Ordinal)
            ? Regex.Replace(line, @", (\d+), (\d+), ", match => $", {Parse(match.Groups[1]) / 2}, {match.Groups[2]}, ") is var other
                && other != line ? other : null
            : null),
        ("copy not filled up", line => CopySize().IsMatch(line) ? CopySize().Replace(line, "$1;") : null),
        ("loop begins at one", line =>
            Regex.IsMatch(line, @"^mov\.b32 %r\d+, 0;$") ? line.Replace(", 0;", ", 1;", StringComparison.Ordinal) : null),
    ];

    /// <summary>The names of all kinds.</summary>
    public static IReadOnlyList<string> Kinds => [.. AllKinds.Select(kind => kind.Name)];

    /// <summary>Every fault of a kind that can be planted into lines of a kernel that run.</summary>
    public static IReadOnlyList<PlantedFault> Of(string kind, string ptx, IReadOnlySet<int> lines)
    {
        var plant = AllKinds.Single(one => one.Name == kind).Plant;
        var text = ptx.Split('\n');
        return
        [
            .. from line in lines.Order()
               let before = Spaces().Replace(text[line - 1].Trim(), " ")
               let after = plant(before)
               where after is not null && after != before
               select new PlantedFault(kind, line, before, after),
        ];
    }

    /// <summary>The kernel with the fault.</summary>
    public string Apply(string ptx)
    {
        var text = ptx.Split('\n');
        text[Line - 1] = After;
        return string.Join('\n', text);
    }

    /// <summary>Whether the kernel gives the same bits with it, for any inputs, as far as the text itself proves.</summary>
    public bool ChangesNothing(string ptx)
    {
        string[] text = [.. ptx.Split('\n').Select(line => Spaces().Replace(line.Trim(), " "))];
        if (Before.StartsWith("cp.async.wait_group", StringComparison.Ordinal)
            || Before.StartsWith("cp.async.commit_group", StringComparison.Ordinal))
            return !CopyStart().IsMatch(ptx);
        // No thread works behind a barrier that is followed by the end.
        if (Before.StartsWith("bar.sync", StringComparison.Ordinal) && After.Length == 0)
            return text.Skip(Line).First(line => line.Length > 0) == "ret;" || SameBits.WithoutBarrier(text, Line - 1);
        if (Before.StartsWith("setp.ge.s32", StringComparison.Ordinal) && After == Before.Replace(".ge.", ".gt.", StringComparison.Ordinal))
            return SameBits.WithOneEmptyPart(text, Line - 1);
        if (Before.StartsWith("mma.", StringComparison.Ordinal) && After == SwapFirst(Before, 3))
            return Regex.Matches(Before, @"\{([^}]*)\}")[3].Groups[1].Value.Split(", ").Take(2)
                .All(register => IsZero(text, register.Trim()));
        return Mask().Match(Before) is { Success: true } mask && Mask().IsMatch(After) && HasSameBits(text, mask);
    }

    // No other line writes to it; lines of several instructions might.
    private static bool IsZero(string[] text, string register) =>
        text.Where(line => Regex.IsMatch(line, $@"^(@\S+ )?[\w.:]+ (\{{[^}}]*)?{register}\b")
            || (line.StartsWith('{') && Regex.IsMatch(line, $@"{register}\b")))
            .SequenceEqual([$"mov.f32 {register}, 0f00000000;"]);

    private bool HasSameBits(string[] text, Match mask)
    {
        var registers = Regex.Match(mask.Groups[1].Value, @"^and\.b32 (%r\d+), (%r\d+), $");
        var (to, from, smaller) = (registers.Groups[1].Value, registers.Groups[2].Value, Parse(Mask().Match(After).Groups[2]));
        // No more kept values are asked for than the remaining ones.
        var uses = text.Where(line => !line.StartsWith($"and.b32 {to}, {from},", StringComparison.Ordinal) && !line.StartsWith('.')
            && Regex.IsMatch(line, $@"{to}\b")).ToList();
        return uses.Count > 0 && uses.All(line =>
            Regex.Match(line, $@"^and\.b32 %r\d+, {to}, (\d+);$") is { Success: true } use && (Parse(use.Groups[1]) & ~smaller) == 0);
    }

    /// <summary>The lines around it, for who wonders why it survives.</summary>
    public string Around(string ptx)
    {
        const int Lines = 12;
        var text = ptx.Split('\n');
        var kernel = text.First(line => line.Contains(".entry", StringComparison.Ordinal)).Trim();
        var first = Math.Max(0, Line - 1 - Lines);
        var lines = text[first..Math.Min(text.Length, Line + Lines)];
        return $"{kernel}\n{string.Join('\n', lines.Select((line, i) => $"{(first + i + 1 == Line ? ">" : " ")} {line.Trim()}"))}";
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}, line {Line}: {Before} -> {(After.Length == 0 ? "nothing" : After)}";

    private static string? Swap(string line, string start, string one, string other) =>
        line.StartsWith(start, StringComparison.Ordinal) && line.Contains(one, StringComparison.Ordinal)
            ? line.Replace(one, other, StringComparison.Ordinal)
            : null;

    private static string? Number(string line, string start, Func<int, int> change) =>
        line.StartsWith(start, StringComparison.Ordinal)
            ? $"{start}{change(int.Parse(line[start.Length..].TrimEnd(';'), CultureInfo.InvariantCulture))};"
            : null;

    private static string? OffByOne(string line) =>
        Sum().IsMatch(line) ? Sum().Replace(line, match => $"{match.Groups[1]}{Parse(match.Groups[2]) + 1};", 1) : null;

    private static long Parse(Group number) => long.Parse(number.Value, CultureInfo.InvariantCulture);

    // The address one element, or so many bytes, behind.
    private static string? Further(string line, int bytes = 0)
    {
        if (bytes == 0)
            bytes = Regex.Match(line, @"^\S*?(8|16|32|64)(?=\s)") is { Success: true } match
                ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) / 8
                : 4;
        var address = Address().Match(line);
        if (!address.Success)
            return null;
        var offset = address.Groups[2].Success ? int.Parse(address.Groups[2].Value, CultureInfo.InvariantCulture) : 0;
        return $"{line[..address.Index]}[{address.Groups[1]}+{offset + bytes}]{line[(address.Index + address.Length)..]}";
    }

    // The first two registers of the braces with this number change places.
    private static string? SwapFirst(string line, int place)
    {
        var braces = Regex.Matches(line, @"\{([^}]*)\}");
        if (braces.Count <= place)
            return null;
        var registers = braces[place].Groups[1].Value.Split(", ");
        if (registers.Length < 2 || registers[0].Trim() == registers[1].Trim())
            return null;
        (registers[0], registers[1]) = (registers[1].Trim(), registers[0].Trim());
        return line[..braces[place].Index] + $"{{{string.Join(", ", registers)}}}" + line[(braces[place].Index + braces[place].Length)..];
    }

    [GeneratedRegex(@"cp\.async\.c[ag]\.")]
    private static partial Regex CopyStart();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\[([%\w]+)(?:\+(-?\d+))?\]")]
    private static partial Regex Address();

    [GeneratedRegex(@"^(add\.s32 %r\d+, %r\d+, )(-?\d+);$")]
    private static partial Regex Sum();

    [GeneratedRegex(@"^(m(?:ad|ul)\.\S+ %\w+, %\w+, )([248]|16)(;|, )")]
    private static partial Regex Stride();

    [GeneratedRegex(@"^(sh[lr]\.\S+ %\w+, %\w+, )(\d+);$")]
    private static partial Regex Shift();

    [GeneratedRegex(@"^(selp\.\S+ %\w+, )([^,]+), ([^,]+), (.*)$")]
    private static partial Regex Choice();

    [GeneratedRegex(@"^(add\.f32 %f\d+, )(%f\d+), %f\d+;$")]
    private static partial Regex FloatSum();

    [GeneratedRegex(@"^(fma\.rn\.f32 %f\d+, [^,]+, [^,]+,) %f\d+;$")]
    private static partial Regex FusedSum();

    [GeneratedRegex(@"^(and\.b32 %r\d+, %r\d+, )(\d+);$")]
    private static partial Regex Mask();

    [GeneratedRegex(@"^xor\.b32 (%r\d+), (%r\d+), [^;]+;$")]
    private static partial Regex Xor();

    [GeneratedRegex(@"^(cp\.async\.c[ag]\.\S+ [^,]+, [^,]+, \d+), %\w+;$")]
    private static partial Regex CopySize();
}
