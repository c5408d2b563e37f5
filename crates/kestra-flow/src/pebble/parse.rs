//! From tokens to a tree.

use super::lex::Token;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Null,
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
    Variable(String),
    Attribute(Box<Tree>, Box<Tree>),
    Call(String, Vec<Argument>),
    Filter(Box<Tree>, String, Vec<Argument>),
    Unary(Unary, Box<Tree>),
    Binary(Binary, Box<Tree>, Box<Tree>),
    /// `value.method(..)`.
    Method(Box<Tree>, String, Vec<Argument>),
    /// `value is [not] test`, which may have arguments.
    Test(Box<Tree>, bool, String, Vec<Argument>),
    Choice(Box<Tree>, Box<Tree>, Box<Tree>),
}

/// An argument of a function or filter, by name if it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    pub name: Option<String>,
    pub value: Tree,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    Not,
    Minus,
    Plus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Or,
    And,
    Contains,
    Equal,
    NotEqual,
    Less,
    More,
    LessOrEqual,
    MoreOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Range,
    Concat,
    /// `??`: the right side where the left one is missing or null.
    Coalesce,
    /// `???`: the right side where the left one is missing.
    CoalesceMissing,
    In,
}

/// How strongly `not` binds.
const NOT: u16 = 5;
/// How strongly a sign binds.
const SIGN: u16 = 500;

/// How deep an expression may be nested; a parenthesis counts twice.
const DEPTH: usize = 200;
/// How many operators, filters and properties an expression may have. Those in a row make a tree as deep as there are.
const OPERATORS: usize = 200;

/// Reads a whole expression.
pub(super) fn expression(tokens: Vec<Token>) -> Result<Tree, String> {
    let mut parser = Parser { tokens, at: 0, depth: 0, operators: 0 };
    let tree = parser.choice()?;
    match parser.tokens.get(parser.at) {
        None => Ok(tree),
        Some(token) => Err(format!("Unexpected token {token:?}")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    operators: usize,
}

impl Parser {
    fn peek_sign(&self) -> Option<&'static str> {
        match self.tokens.get(self.at) {
            Some(Token::Sign(sign)) => Some(sign),
            _ => None,
        }
    }

    fn peek_name(&self) -> Option<&str> {
        match self.tokens.get(self.at) {
            Some(Token::Name(name)) => Some(name),
            _ => None,
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.peek_sign() == Some(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.take(sign) { Ok(()) } else { Err(format!("Unexpected end of template, expected [{sign}]")) }
    }

    /// Every nested expression comes through here or `binary`.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Tree, String>) -> Result<Tree, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("Nested more than {DEPTH} deep"));
        }
        let tree = read(self);
        self.depth -= 1;
        tree
    }

    fn count_operator(&mut self) -> Result<(), String> {
        self.operators += 1;
        if self.operators > OPERATORS {
            return Err(format!("More than {OPERATORS} operators"));
        }
        Ok(())
    }

    fn choice(&mut self) -> Result<Tree, String> {
        self.nested(Self::read_choice)
    }

    fn read_choice(&mut self) -> Result<Tree, String> {
        let condition = self.binary(0)?;
        if !self.take("?") {
            return Ok(condition);
        }
        let then = self.choice()?;
        self.expect(":")?;
        let other = self.choice()?;
        Ok(Tree::Choice(Box::new(condition), Box::new(then), Box::new(other)))
    }

    fn operator(&self) -> Option<(Binary, u16)> {
        Some(match self.tokens.get(self.at)? {
            Token::Name(name) => match name.as_str() {
                "or" => (Binary::Or, 10),
                "and" => (Binary::And, 15),
                "contains" => (Binary::Contains, 20),
                "in" => (Binary::In, 20),
                "equals" => (Binary::Equal, 30),
                _ => return None,
            },
            Token::Sign(sign) => match *sign {
                "==" => (Binary::Equal, 30),
                "!=" => (Binary::NotEqual, 30),
                "<" => (Binary::Less, 30),
                ">" => (Binary::More, 30),
                "<=" => (Binary::LessOrEqual, 30),
                ">=" => (Binary::MoreOrEqual, 30),
                "+" => (Binary::Add, 40),
                "-" => (Binary::Subtract, 40),
                "*" => (Binary::Multiply, 60),
                "/" => (Binary::Divide, 60),
                "%" => (Binary::Modulo, 60),
                ".." => (Binary::Range, 110),
                "~" => (Binary::Concat, 110),
                "??" => (Binary::Coalesce, 120),
                "???" => (Binary::CoalesceMissing, 120),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn binary(&mut self, least: u16) -> Result<Tree, String> {
        self.nested(|parser| parser.read_binary(least))
    }

    fn read_binary(&mut self, least: u16) -> Result<Tree, String> {
        let mut left = self.unary()?;
        loop {
            if self.peek_name() == Some("is") && least <= 30 {
                self.count_operator()?;
                left = self.test(left)?;
                continue;
            }
            let Some((operator, strength)) = self.operator().filter(|(_, strength)| *strength >= least)
            else {
                return Ok(left);
            };
            self.at += 1;
            self.count_operator()?;
            let right = self.binary(strength + 1)?;
            left = Tree::Binary(operator, Box::new(left), Box::new(right));
        }
    }

    fn test(&mut self, left: Tree) -> Result<Tree, String> {
        self.at += 1;
        let negated = self.peek_name() == Some("not");
        self.at += usize::from(negated);
        let name = self.peek_name().ok_or("Expected the name of a test")?.to_owned();
        self.at += 1;
        let arguments = self.arguments_if_any()?;
        Ok(Tree::Test(Box::new(left), negated, name, arguments))
    }

    fn unary(&mut self) -> Result<Tree, String> {
        if self.peek_name() == Some("not") {
            self.at += 1;
            return Ok(Tree::Unary(Unary::Not, Box::new(self.binary(NOT)?)));
        }
        for (sign, unary) in [("-", Unary::Minus), ("+", Unary::Plus)] {
            if self.take(sign) {
                return Ok(Tree::Unary(unary, Box::new(self.binary(SIGN)?)));
            }
        }
        let tree = self.primary()?;
        self.postfix(tree)
    }

    fn primary(&mut self) -> Result<Tree, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("Unexpected end of template")?;
        self.at += 1;
        match token {
            Token::Integer(number) => Ok(Tree::Integer(number)),
            Token::Number(number) => Ok(Tree::Number(number)),
            Token::Text(text) => Ok(Tree::Text(text)),
            Token::Name(name) => match name.as_str() {
                "true" | "TRUE" => Ok(Tree::Bool(true)),
                "false" | "FALSE" => Ok(Tree::Bool(false)),
                "null" | "NULL" | "none" | "NONE" => Ok(Tree::Null),
                _ if self.peek_sign() == Some("(") => Ok(Tree::Call(name, self.arguments()?)),
                _ => Ok(Tree::Variable(name)),
            },
            Token::Sign("(") => {
                let inner = self.choice()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Sign("[") => {
                let mut items = Vec::new();
                while !self.take("]") {
                    items.push(self.choice()?);
                    if !self.take(",") && self.peek_sign() != Some("]") {
                        return Err("Expected [,] or []] in a list".to_owned());
                    }
                }
                Ok(Tree::List(items))
            }
            Token::Sign("{") => self.map(),
            Token::Sign(sign) => Err(format!("Unexpected character [{sign}]")),
        }
    }

    fn map(&mut self) -> Result<Tree, String> {
        let mut entries = Vec::new();
        while !self.take("}") {
            let key = self.choice()?;
            self.expect(":")?;
            entries.push((key, self.choice()?));
            if !self.take(",") && self.peek_sign() != Some("}") {
                return Err("Expected [,] or [}] in a map".to_owned());
            }
        }
        Ok(Tree::Map(entries))
    }

    fn postfix(&mut self, mut tree: Tree) -> Result<Tree, String> {
        loop {
            if self.take(".") {
                self.count_operator()?;
                let name = match self.tokens.get(self.at) {
                    Some(Token::Name(name)) => Tree::Text(name.clone()),
                    Some(Token::Integer(index)) => Tree::Integer(*index),
                    _ => return Err("Unexpected character [\u{0}]".to_owned()),
                };
                self.at += 1;
                tree = match name {
                    Tree::Text(name) if self.peek_sign() == Some("(") => {
                        Tree::Method(Box::new(tree), name, self.arguments()?)
                    }
                    name => Tree::Attribute(Box::new(tree), Box::new(name)),
                };
            } else if self.take("[") {
                self.count_operator()?;
                let key = self.choice()?;
                self.expect("]")?;
                tree = Tree::Attribute(Box::new(tree), Box::new(key));
            } else if self.take("|") {
                self.count_operator()?;
                let name = self.peek_name().ok_or("Expected the name of a filter")?.to_owned();
                self.at += 1;
                let arguments = self.arguments_if_any()?;
                tree = Tree::Filter(Box::new(tree), name, arguments);
            } else {
                return Ok(tree);
            }
        }
    }

    fn arguments_if_any(&mut self) -> Result<Vec<Argument>, String> {
        if self.peek_sign() == Some("(") { self.arguments() } else { Ok(Vec::new()) }
    }

    fn arguments(&mut self) -> Result<Vec<Argument>, String> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        while !self.take(")") {
            let named = matches!(self.tokens.get(self.at + 1), Some(Token::Sign("=")));
            let name = self.peek_name().filter(|_| named).map(ToOwned::to_owned);
            if name.is_some() {
                self.at += 2;
            }
            arguments.push(Argument { name, value: self.choice()? });
            if !self.take(",") && self.peek_sign() != Some(")") {
                return Err("Expected [,] or [)] after an argument".to_owned());
            }
        }
        Ok(arguments)
    }
}
